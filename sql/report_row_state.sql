select
  hubspot_id,
  {{ payload_text }} as payload,
  row_hash,
  cast(in_doubt as varchar) as in_doubt,
  run_id,
  {{ acknowledged_at_text }} as acknowledged_at,
  {{ removed_at_text }} as removed_at,
  {{ resync_requested_at_text }} as resync_requested_at
from {{ state }}
where {{ id }} = ?
