insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, d.hubspot_id, c.desired, c.row_hash, false, c.run_id, {{ now }}
from decided as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ state }} as t on t.{{ id }} = c.{{ id }}
where d.acknowledged and not d.rejected and t.{{ id }} is null
