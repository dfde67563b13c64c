-- Compares the source with the state and writes one row for every source row that is not unchanged, and as seq 0 the plan's counts.
-- One statement, so that rows and counts come from one reading of the source.
insert into {{ changes }}
  (run_id, seq, {{ id }}, operation, reason, hubspot_id, known, payload, desired, kept, row_hash, detected_at)
with run as (
  select cast(? as varchar) as run_id, cast(? as varchar) as resync
),
source_rows as (
  select {{ source_id }} as id, {{ source_hash }} as row_hash
  from {{ source }}
),
repeated_ids as (
  select id from source_rows where id is not null group by id having count(*) > 1
),
waiting as (
  select {{ id }} as id, row_hash from {{ rejections }} where next_try_at > {{ now }}
),
compared as {{ materialized }} (
  select
    coalesce(s.id, t.{{ id }}) as id,
    s.row_hash,
    t.hubspot_id,
    t.row_hash is not null as known,
    t.removed_at is not null as was_removed,
    s.row_hash <> t.row_hash as differs,
    case
      when s.row_hash is null and t.removed_at is not null then 'gone'
      when s.row_hash is null then 'removed'
      when s.id is null then 'missing_id'
      when repeated_ids.id is not null then 'duplicate_id'
      when waiting.id is not null and run.resync <> 'rejected' then 'waiting'
      when t.in_doubt then 'in_doubt'
      when t.row_hash is null then 'new'
      when run.resync = 'all' then 'resync'
      when t.row_hash = s.row_hash and t.removed_at is null then 'unchanged'
      else 'changed'
    end as reason
  from source_rows as s
  full join {{ state }} as t on t.{{ id }} = s.id
  left join repeated_ids on repeated_ids.id = s.id
  left join waiting on waiting.id = s.id and waiting.row_hash = s.row_hash
  cross join run
),
candidates as (
  select * from compared where reason in ('in_doubt', 'new', 'resync', 'changed')
),
-- The wide columns are read again for the candidates only: the comparison above needs ids and hashes.
source_values as (
  select
    {{ source_id }} as id
    {%- for column in columns %},
    {{ column.text }} as {{ column.alias }}
    {%- endfor %}
  from {{ source }}
  where {{ source_id }} in (select id from candidates)
),
differences as (
  select
    c.id,
    c.row_hash,
    c.hubspot_id,
    c.known,
    c.reason,
    t.acknowledged_at,
    {{ payload }} as payload,
    {{ desired }} as desired,
    {{ kept }} as kept
  from candidates as c
  join source_values as v on v.id = c.id
  left join {{ state }} as t on t.{{ id }} = c.id
),
listed as (
  select
    id,
    row_hash,
    hubspot_id,
    known,
    -- The hash differs but no mapped property does: the state is refreshed without a call.
    case when reason = 'changed' and {{ payload_text }} = '{}' then 'skip' else {{ operation }} end as operation,
    case when reason = 'changed' and {{ payload_text }} = '{}' then 'unchanged' else reason end as reason,
    acknowledged_at,
    payload,
    desired,
    kept
  from differences
  union all
  select id, row_hash, null, false, 'skip', reason, null, null, null, null
  from compared
  where reason in ('missing_id', 'duplicate_id', 'waiting', 'removed')
),
numbered as {{ materialized }} (
  select
    -- What waits longest goes first, so that a daily limit does not starve the same rows every day.
    row_number() over (
      order by case when operation = 'skip' then 1 else 0 end, acknowledged_at nulls first, id, row_hash
    ) as seq,
    listed.*
  from listed
),
compared_counts as (
  select
    count(*) as compared,
    count(case when known and not was_removed then 1 end) as known,
    count(case when known and differs and reason in ('resync', 'in_doubt') then 1 end) as differing,
    count(case when reason = 'removed' and known then 1 end) as removed,
    count(case when reason = 'unchanged' then 1 end) as unchanged
  from compared
),
listed_counts as (
  select
    count(case when operation = 'create' then 1 end) as to_create,
    count(case when operation = 'update' then 1 end) as to_update,
    count(case when reason = 'changed' then 1 end) as changed,
    count(case when reason = 'unchanged' then 1 end) as refreshed,
    count(case when reason = 'waiting' then 1 end) as waiting,
    count(case when reason = 'missing_id' then 1 end) as missing_id,
    count(case when reason = 'duplicate_id' then 1 end) as duplicate_id
  from numbered
),
plan as (
  select {{ plan_hash }} as plan_hash from numbered where operation <> 'skip' or reason = 'removed'
)
select run.run_id, seq, id, operation, reason, hubspot_id, known, payload, desired, kept, row_hash, {{ now }}
from numbered
cross join run
union all
select run.run_id, 0, null, 'plan', null, null, null, {{ counts }}, null, null, plan.plan_hash, {{ now }}
from compared_counts
cross join listed_counts
cross join plan
cross join run
