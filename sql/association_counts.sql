with {% include "association_diff" %}
select
  cast(count(case when action in ('create', 'again') then 1 end) as varchar) as to_create,
  cast(count(case when action = 'remove' then 1 end) as varchar) as to_remove,
  cast(count(case when action = 'forget' then 1 end) as varchar) as to_forget,
  cast(count(case when action = 'wait' then 1 end) as varchar) as waiting,
  cast(count(case when action = 'no_target' then 1 end) as varchar) as target_missing,
  cast(count(case when action = 'refused' then 1 end) as varchar) as refused,
  cast((select count(*) from {% if suppressing_links %}held{% else %}{{ associations }}{% endif %} where acknowledged_at is not null{% if suppressing_links %} and not is_suppressed{% endif %}) as varchar) as known,
  -- A request of an earlier attempt that may still be running at HubSpot and says the opposite (R5). Where the same run begins again, its last
  -- requests may have waited for the limit, and have been tried again, for long after they were written down.
  cast(count(case
    when in_doubt {% unless repeated %}and sent_at > {{ in_flight_since }} {% endunless -%}
      and ((before = 'create' and action = 'remove') or (before = 'remove' and action = 'again')) then 1
  end) as varchar) as in_flight,
  (select {{ content }} from differences where action in ('create', 'again', 'remove')) as content
from differences
