-- A row is in doubt from before its request leaves until HubSpot has answered for it.
update {{ associations }}
set in_doubt = true,
    sent_at = {{ now }},
    category = coalesce(p.category, {{ associations }}.category),
    type_id = coalesce(p.type_id, {{ associations }}.type_id)
from (
  select {{ pair.association_id }} as association_id, {{ pair.category }} as category, {{ pair.type_id }} as type_id
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id
