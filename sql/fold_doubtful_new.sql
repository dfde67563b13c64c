-- A row that may have been created without our knowing of it is remembered, too.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, null, null, null, true, max(c.run_id), null
from doubtful as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ state }} as t on t.{{ id }} = c.{{ id }}
where t.{{ id }} is null
group by c.{{ id }}
