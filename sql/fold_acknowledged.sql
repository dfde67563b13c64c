-- Acknowledged rows take the values that were sent (R4), which ends their doubt (R6).
update {{ state }}
set hubspot_id = coalesce(a.hubspot_id, {{ state }}.hubspot_id),
    payload = a.desired,
    row_hash = a.row_hash,
    in_doubt = false,
    run_id = a.run_id,
    acknowledged_at = {{ now }},
    removed_at = null
from (
  with {% include "fold_outcomes" %}
  select c.{{ id }} as id, c.run_id, c.desired, c.row_hash, d.hubspot_id
  from decided as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
  where d.acknowledged and not d.rejected
) as a
where {{ state }}.{{ id }} = a.id
