-- Rows that the last settled run did not get to, and since when the first of them has waited, over how many runs it may be.
with run as (
  select cast(? as varchar) as sync
),
{% include "deferred_since" %},
last_run as (
  select r.run_id
  from {{ runs }} as r
  join run on run.sync = r.sync
  where r.settled_at is not null
  order by r.settled_at desc, r.started_at desc
  limit 1
)
select
  cast(count(*) as varchar) as deferred_rows,
  min({{ since_text }}) as since,
  cast(max({{ age_ms }}) as varchar) as age_ms
from deferred
join {{ changes }} as c on c.{{ id }} = deferred.id
join last_run on last_run.run_id = c.run_id
left join {{ state }} as t on t.{{ id }} = c.{{ id }}
left join {{ rejections }} as j on j.{{ id }} = c.{{ id }} and j.row_hash = c.row_hash
where c.operation not in ('skip', 'plan')
  -- Without a hash it was purged, because its id is suppressed now.
  and c.row_hash is not null
  and j.row_hash is null
  and (t.in_doubt is null or not t.in_doubt)
