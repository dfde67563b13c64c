update {{ state }}
set in_doubt = true
from (
  with {% include "fold_outcomes" %}
  select distinct c.{{ id }} as id
  from doubtful as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
) as doubt
where {{ state }}.{{ id }} = doubt.id
