-- Rows whose hash differs but that are not sent. What is left alone on purpose keeps the values that HubSpot acknowledged.
update {{ state }}
set payload = case when c.reason = 'unchanged' then c.desired else {{ state }}.payload end,
    row_hash = c.row_hash,
    run_id = c.run_id,
    removed_at = null,
    resync_requested_at = null
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason in ('unchanged', 'create_only') and {{ state }}.{{ id }} = c.{{ id }}
