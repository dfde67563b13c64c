-- A row that may have been created without our knowing of it is remembered, too.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
select f.{{ id }}, null, null, null, true, max(f.run_id), null
from {{ fold }} as f
left join {{ state }} as t on t.{{ id }} = f.{{ id }}
where f.fold_id = ? and f.in_doubt and t.{{ id }} is null
group by f.{{ id }}
