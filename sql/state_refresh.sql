update {{ state }}
set payload = c.desired, row_hash = c.row_hash, run_id = c.run_id, removed_at = null
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason = 'unchanged' and {{ state }}.{{ id }} = c.{{ id }}
