-- Compares the source with the state and writes one row for every source row that is not unchanged and every record whose row is
-- gone, and as seq 0 the plan's counts. One statement, so that rows and counts come from one reading of the source.
insert into {{ changes }}
  (run_id, seq, {{ id }}, operation, reason, hubspot_id, known, payload, desired, kept, row_hash, detected_at)
with run as (
  select cast(? as varchar) as run_id, cast(? as varchar) as sync
),
-- All that is not plainly unchanged: what is unchanged is the rest of the source, and is never put anywhere. The mapped columns come along, because
-- the hash has read them anyway; of the state only what tells the two apart does.
compared as {{ materialized }} (
  select
    coalesce(s.id, t.id) as id,
    s.row_hash,
    t.state_row
    {%- for column in columns %},
    s.{{ column.alias }}
    {%- endfor %}
  from (
    select
      {{ source_id }} as id,
      {{ source_hash }} as row_hash
      {%- for column in columns %},
      {{ column.raw }} as {{ column.alias }}
      {%- endfor %}
    from {{ source }}
  ) as s
  full join (
    select
      t.{{ id }} as id,
      {{ state_row }} as state_row,
      -- No hash of a source row is like that of a row in doubt or removed.
      case when t.in_doubt or t.removed_at is not null then null else t.row_hash end as settled_hash
    from {{ state }} as t
  ) as t on t.id = s.id
  {%- unless resync_all %}
  where s.row_hash is distinct from t.settled_hash or s.row_hash is null
  {%- endunless %}
),
sizes as {{ materialized }} (
  select
    source_size.n as rows_read,
    state_size.n as state_rows,
    source_size.n - sides.listed + sides.matched as paired,
    state_size.n - sides.absent as present,
    sides.nameless
  from (select count(*) as n from {{ source }}) as source_size
  cross join (select count(*) as n from {{ state }}) as state_size
  cross join (
    select
      count(row_hash) as listed,
      count(case when row_hash is not null and state_row is not null then 1 end) as matched,
      count(case when row_hash is null then 1 end) as absent,
      count(case when row_hash is not null and id is null then 1 end) as nameless
    from compared
  ) as sides
),
-- An id of the state stands in several source rows only where more source rows than state rows found a partner; then all ids are looked at.
repeated_ids as {{ materialized }} (
  select id from compared where row_hash is not null and id is not null and state_row is null group by id having count(*) > 1
  union
  select s.id
  from (select {{ source_id }} as id from {{ source }}) as s
  cross join (select rows_read from sizes where paired > present) as several
  where s.id is not null
  group by s.id
  having count(*) > 1
),
waiting as (
  select {{ id }} as id, row_hash from {{ rejections }} where next_try_at > {{ now }} and not {{ not_waiting }}
),
{%- unless removed_is_left %}
-- Rows that are gone and whose records another row of the source has, too: they are not to be touched. Of several such rows that are gone, the
-- first one is enough.
taken_over as {{ materialized }} (
  select distinct c.id
  from compared as c
  join {{ state }} as gone on gone.{{ id }} = c.id
  join {{ state }} as holder on holder.hubspot_id = gone.hubspot_id and holder.{{ id }} <> gone.{{ id }}
  left join compared as absent on absent.id = holder.{{ id }} and absent.row_hash is null
  where c.row_hash is null and (absent.id is null or absent.id < c.id)
),
{%- endunless %}
known as (
  select
    c.*,
    c.state_row is not null as in_state,
    t.row_hash as known_hash,
    t.in_doubt,
    t.removed_at is not null as was_removed,
    t.hubspot_id,
    t.acknowledged_at,
    t.payload as known_payload
  from compared as c
  left join {{ state }} as t on {{ state_row }} = c.state_row
),
judged as {{ materialized }} (
  select
    c.*,
    case
      {%- if removed_is_left %}
      when c.row_hash is null and c.was_removed then 'gone'
      {%- elsif removed_is_cleared %}
      when c.row_hash is null and c.known_hash = {{ removed_hash }} and not c.in_doubt then 'gone'
      {%- endif %}
      {%- unless removed_is_left %}
      when c.row_hash is null and taken_over.id is not null then case when c.was_removed then 'gone' else 'taken_over' end
      {%- unless resync_rejected %}
      when c.row_hash is null and waiting.id is not null then 'removal_waiting'
      {%- endunless %}
      -- A source row without an id may be any of those that seem to be gone.
      when c.row_hash is null and sizes.nameless > 0 then 'removal_unsure'
      {%- endunless %}
      when c.row_hash is null then 'removed'
      when c.id is null then 'missing_id'
      {%- unless resync_rejected %}
      when waiting.id is not null then 'waiting'
      {%- endunless %}
      when c.in_doubt then 'in_doubt'
      when c.known_hash is null then 'new'
      when c.known_hash = {{ removed_hash }} then 'returned'
      {%- if resync_all %}
      else 'resync'
      {%- else %}
      else 'changed'
      {%- endif %}
    end as reason
  from known as c
  left join repeated_ids on repeated_ids.id = c.id
  left join waiting on waiting.id = c.id and waiting.row_hash = coalesce(c.row_hash, {{ removed_hash }})
  {%- unless removed_is_left %}
  left join taken_over on taken_over.id = c.id
  cross join sizes
  {%- endunless %}
  where repeated_ids.id is null
),
read_values as (
  select
    c.id,
    c.row_hash,
    c.in_state,
    c.known_hash,
    c.reason,
    c.hubspot_id,
    c.acknowledged_at,
    {{ acknowledged }} as acknowledged
    {%- for column in columns %},
    {{ column.text }} as {{ column.alias }}
    {%- endfor %}
  from judged as c
  where c.reason in ('in_doubt', 'new', 'returned', 'resync', 'changed')
),
built as (
  select r.*, {{ whole }} as whole from read_values as r
),
differences as (
  select
    id,
    row_hash,
    in_state,
    known_hash,
    reason,
    hubspot_id,
    acknowledged_at,
    {{ payload }} as payload,
    {{ desired }} as desired,
    {{ kept }} as kept
  from built
),
listed as (
  select
    id,
    row_hash,
    hubspot_id,
    in_state as known,
    known_hash is not null as was_acknowledged,
    -- The hash differs but no mapped property does: the state is refreshed without a call.
    case when reason = 'changed' and {{ payload_text }} = '{}' then 'skip' else {{ operation }} end as operation,
    case when reason = 'changed' and {{ payload_text }} = '{}' then 'unchanged' else {{ reason }} end as reason,
    acknowledged_at,
    payload,
    desired,
    kept
  from differences
  {%- unless removed_is_left %}
  union all
  select
    id, {{ removed_hash }}, hubspot_id, true, true, {{ removed_operation }}, reason, acknowledged_at,
    {{ removed_payload }}, {{ removed_payload }}, null
  from judged
  where reason = 'removed'
  {%- endunless %}
  union all
  select
    id, coalesce(row_hash, {{ removed_hash }}), null, in_state, known_hash is not null, 'skip', reason, null,
    null, null, null
  from judged
  where reason in ('missing_id', 'waiting', 'removal_waiting', 'removal_unsure', 'taken_over'{% if removed_is_left %}, 'removed'{% endif %})
  union all
  select s.id, s.row_hash, null, false, false, 'skip', 'duplicate_id', null, null, null, null
  from (select {{ source_id }} as id, {{ source_hash }} as row_hash from {{ source }}) as s
  join repeated_ids on repeated_ids.id = s.id
),
{%- if some_were_deferred %}
-- Since when a change has waited that earlier runs planned and did not get to; only what runs that deferred something planned is read.
planned_before as {{ materialized }} (
  select c.{{ id }} as id, c.detected_at
  from {{ changes }} as c
  join {{ runs }} as r on r.run_id = c.run_id
  join run on run.sync = r.sync
  where r.deferred > 0 and c.operation not in ('skip', 'plan')
),
deferred as (
  select p.id, min(p.detected_at) as since
  from planned_before as p
  left join {{ state }} as t on t.{{ id }} = p.id
  where t.acknowledged_at is null or t.acknowledged_at < p.detected_at
  group by p.id
),
{%- endif %}
numbered as {{ materialized }} (
  select
    -- What waits longest goes first, so that a daily limit does not starve the same rows every day.
    row_number() over (
      order by
        case when operation = 'skip' then 1 else 0 end,
        {%- if some_were_deferred %} deferred.since nulls last,{% endif %} acknowledged_at nulls first, listed.id, row_hash
    ) as seq,
    listed.*
  from listed
  {%- if some_were_deferred %}
  left join deferred on deferred.id = listed.id
  {%- endif %}
),
judged_counts as (
  select
    count(row_hash) as judged_rows,
    count(case when known_hash is not null and not was_removed then 1 end) as known,
    count(
      case when known_hash <> row_hash and reason in ('in_doubt'{% if changes_are_sent %}, 'resync'{% endif %}) then 1 end
    ) as differing
  from judged
),
listed_counts as (
  select
    count(case when operation = 'create' then 1 end) as to_create,
    count(case when operation = 'update' and reason <> 'removed' then 1 end) as to_update,
    count(case when operation = 'archive' then 1 end) as to_archive,
    count(case when operation = 'update' and reason = 'removed' then 1 end) as to_clear,
    count(
      case
        when reason = 'removal_unsure' then 1
        when reason in ('removed', 'taken_over') and (operation <> 'skip' or was_acknowledged) then 1
      end
    ) as removed,
    count(case when reason in ('removed', 'taken_over') and operation = 'skip' then 1 end) as left_alone,
    count(case when reason = 'changed' then 1 end) as changed,
    count(case when reason = 'unchanged' then 1 end) as refreshed,
    count(case when reason in ('unchanged', 'create_only') then 1 end) as to_refresh,
    count(case when reason = 'resync' then 1 end) as resent,
    count(case when reason in ('waiting', 'create_only') then 1 end) as skipped,
    count(case when reason in ('missing_id', 'duplicate_id') then 1 end) as refused,
    count(case when reason = 'duplicate_id' then 1 end) as duplicates,
    {{ plan_hash }} as plan_hash
  from numbered
),
totals as (
  select *, rows_read - judged_rows - duplicates as same
  from sizes
  cross join judged_counts
  cross join listed_counts
)
select run.run_id, seq, id, operation, reason, hubspot_id, known, payload, desired, kept, row_hash, {{ now }}
from numbered
cross join run
union all
select run.run_id, 0, null, 'plan', null, null, null, {{ counts }}, null, null, totals.plan_hash, {{ now }}
from totals
cross join run
