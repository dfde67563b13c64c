-- The plans of earlier runs keep that they had the row, and nothing of what it was.
update {{ changes }}
set payload = null, desired = null, kept = null, hubspot_id = null, row_hash = null
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)
  -- Whatever has a value has a hash, which is the smallest to read.
  and row_hash is not null
