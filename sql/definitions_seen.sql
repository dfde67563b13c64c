-- What the run's rows are judged by: the property definitions as they are while it is pushed.
update {{ runs }} set definitions = ? where run_id = ? and sync = ?
