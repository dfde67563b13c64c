-- A resync that does not finish goes on in the next run: what is in doubt is due until HubSpot acknowledges it.
update {{ state }}
set in_doubt = true
from {{ changes }} as c
where c.run_id = ? and c.reason = 'resync' and {{ state }}.{{ id }} = c.{{ id }}
