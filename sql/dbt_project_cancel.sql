select system$cancel_query(?) as answer
