delete from {{ associations }}
where association_id in (
  with {% include "association_diff" %}
  select association_id from differences where action = 'forget'
)
