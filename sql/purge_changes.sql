-- The plans of earlier runs keep that they had the row, and nothing of what it was.
update {{ changes }}
set payload = null, desired = null, kept = null, hubspot_id = null, row_hash = null
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)
  and (payload is not null or desired is not null or kept is not null or hubspot_id is not null or row_hash is not null)
