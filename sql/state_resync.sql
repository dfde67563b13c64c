-- A resync that does not finish goes on in the next run: what was asked for again is due until HubSpot acknowledges it.
update {{ state }}
set resync_requested_at = {{ now }}
from {{ changes }} as c
where c.run_id = ? and c.reason = 'resync' and {{ state }}.{{ id }} = c.{{ id }}
