-- Rows that left the source and whose records are left are remembered, so that the guard counts only those that leave now.
update {{ state }}
set removed_at = {{ now }}
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason in ('removed', 'taken_over') and {{ state }}.{{ id }} = c.{{ id }}
