-- What rows were judged by last, and whether any that HubSpot refused waits for its next try.
select
  (
    select definitions from {{ runs }}
    where sync = ? and definitions is not null
    order by started_at desc
    limit 1
  ) as definitions,
  cast(count(*) as varchar) as waiting
from {{ rejections }}
where next_try_at > {{ now }} and {{ by_definition }}
