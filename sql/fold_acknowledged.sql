-- Acknowledged rows take the values that were sent (R4), which ends their doubt (R6). A record that was emptied stays known as such.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at, removed_at)
select f.{{ id }}, f.hubspot_id, c.desired, f.row_hash, false, f.run_id, {{ now }}, case when f.reason = 'removed' then {{ now }} end
from {{ fold }} as f
join {{ changes }} as c on c.run_id = f.run_id and c.seq = f.seq
where f.fold_id = ? and f.outcome = 'acknowledged' and f.operation <> 'archive'
