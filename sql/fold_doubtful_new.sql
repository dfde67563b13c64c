-- A row that may have been created without our knowing of it is remembered, too, and with it the record that it shares with another row, so
-- that this record is not taken for the other row's alone.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
select f.{{ id }}, max(case when f.code = 'SAME_RECORD' then f.hubspot_id end), null, null, true, max(f.run_id), null
from {{ fold }} as f
left join {{ state }} as t on t.{{ id }} = f.{{ id }}
where f.fold_id = ? and f.in_doubt and t.{{ id }} is null
group by f.{{ id }}
