-- Without a call: nothing about a suppressed row is asked of HubSpot.
delete from {{ associations }}
where association_id in (
  with {% include "association_suppressed" %}
  select a.association_id
  from {{ associations }} as a
  left join suppressed on suppressed.id = a.from_id
  left join suppressed_targets as other on other.to_sync = a.to_sync and other.id = a.to_id
  where suppressed.id is not null or other.id is not null
)
