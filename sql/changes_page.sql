select
  cast(seq as varchar) as seq,
  {{ id }} as id,
  operation,
  hubspot_id,
  cast(known as varchar) as known,
  cast(reason = 'removed' as varchar) as removed,
  {{ payload_text }} as payload,
  {{ desired_text }} as desired,
  {{ kept_text }} as kept
from {{ changes }}
where run_id = ?
  and seq between cast(? as {{ type.integer }}) and cast(? as {{ type.integer }})
  and operation <> 'skip'
order by {{ changes }}.seq
