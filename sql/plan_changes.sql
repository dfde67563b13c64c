-- Compares the source with the state and writes one row for every source row that is not unchanged and every record whose row is
-- gone, and as seq 0 the plan's counts. One statement, so that rows and counts come from one reading of the source.
insert into {{ changes }}
  (run_id, seq, {{ id }}, operation, reason, property, hubspot_id, known, payload, desired, kept, row_hash, detected_at)
with run as (
  select cast(? as varchar) as run_id, cast(? as varchar) as sync
),
{%- if suppressing %}
{% include "suppressed_ids" %},
suppressed_rows as {{ materialized }} (
  select s.id
  from (select {{ source_id }} as id from {{ source }}) as s
  join suppressed on suppressed.id = s.id
),
{%- endif %}
-- A row of the source and a row of the state that have id and hash alike are unchanged: most of both, which are never put anywhere. This is what
-- has no such partner. The mapped columns come along, because the hash has read them anyway; of the state only where its rows are.
unpaired as {{ materialized }} (
  select
    {{ id_of_text }} as id,
    s.hash_key,
    t.state_row
    {%- for column in columns %},
    s.{{ column.alias }}
    {%- endfor %}
  from (
    {%- if suppressing %}
    select s.*
    from (
    {%- endif %}
    select
      {{ source_id_text }} as id_text,
      {{ source_hash_key }} as hash_key
      {%- for column in columns %},
      {{ column.raw }} as {{ column.alias }}
      {%- endfor %}
    from {{ source }}
    {%- if suppressing %}
    ) as s
    left join suppressed on suppressed.id = {{ id_of_text }}
    where suppressed.id is null
    {%- endif %}
  ) as s
  full join (
    select
      {{ state_row }} as state_row,
      {{ state_id_key }} as id_key,
      -- No hash of a source row is like that of a row that is in doubt, removed or asked for again.
      case when {% if resync_all %}1 = 1{% else %}t.in_doubt or t.removed_at is not null or t.resync_requested_at is not null{% endif %} then null else {{ state_hash_key }} end as hash_key
    from {{ state }} as t
    {%- if suppressing %}
    left join suppressed on suppressed.id = t.{{ id }}
    where suppressed.id is null
    {%- endif %}
  ) as t on t.id_key = {{ source_id_key }} and t.hash_key = s.hash_key
  where s.hash_key is null or t.state_row is null
),
-- The two sides of what is unpaired: rows of the source that are new or differ, and rows of the state that differ or are gone.
of_source as (
  select
    u.id,
    {{ hash_text }} as row_hash
    {%- for column in columns %},
    u.{{ column.alias }}
    {%- endfor %}
  from unpaired as u
  where u.hash_key is not null
),
-- The state is read a second time, because its wide columns are wanted of these few rows only.
of_state as {{ materialized }} (
  select
    t.{{ id }} as id,
    t.row_hash as known_hash,
    case
      when t.in_doubt or t.removed_at is not null or t.resync_requested_at is not null then null else t.row_hash
    end as settled_hash,
    t.in_doubt,
    t.removed_at is not null as was_removed,
    t.resync_requested_at is not null as is_asked_again,
    t.hubspot_id,
    t.acknowledged_at,
    t.payload as known_payload
  from unpaired as u
  join {{ state }} as t on {{ state_row }} = u.state_row
  where u.hash_key is null
),
sizes as {{ materialized }} (
  select
    source_size.n as rows_read,
    state_size.n as state_rows,
    source_size.n - sides.of_source{% if suppressing %} - left_out.of_source{% endif %} as source_pairs,
    state_size.n - sides.of_state{% if suppressing %} - left_out.of_state{% endif %} as state_pairs,
    sides.nameless
  from (select count(*) as n from {{ source }}) as source_size
  cross join (select count(*) as n from {{ state }}) as state_size
  cross join (
    select
      count(hash_key) as of_source,
      count(state_row) as of_state,
      count(case when hash_key is not null and id is null then 1 end) as nameless
    from unpaired
  ) as sides
  {%- if suppressing %}
  cross join (
    select of_source.n as of_source, of_state.n as of_state
    from (select count(*) as n from suppressed_rows) as of_source
    cross join (select count(*) as n from {{ state }} as t join suppressed on suppressed.id = t.{{ id }}) as of_state
  ) as left_out
  {%- endif %}
),
-- Ids of unpaired source rows that no unpaired row of the state has: new ones, and repetitions of ids whose first row is unchanged.
strangers as {{ materialized }} (
  select u.id
  from unpaired as u
  left join of_state as t on t.id = u.id
  where t.id is null and u.id is not null
),
repeated_ids as {{ materialized }} (
  select id from unpaired where id is not null group by id having count(*) > 1
  union
  -- The state knows it, so another row with this id is unchanged.
  select s.id from strangers as s join {{ state }} as t on t.{{ id }} = s.id
  union
  -- Rows that are wholly alike are all unchanged: only where there are more of them than of the state's are all ids looked at.
  select s.id
  from (select {{ source_id }} as id from {{ source }}) as s
  cross join (select rows_read from sizes where source_pairs > state_pairs) as several
  {%- if suppressing %}
  left join suppressed on suppressed.id = s.id
  {%- endif %}
  where s.id is not null{% if suppressing %} and suppressed.id is null{% endif %}
  group by s.id
  having count(*) > 1
),
waiting as (
  select {{ id }} as id, row_hash from {{ rejections }} where next_try_at > {{ now }} and not {{ not_waiting }}
),
{%- unless removed_is_left %}
gone as {{ materialized }} (
  select t.id, t.hubspot_id
  from of_state as t
  left join unpaired as u on u.id = t.id
  where u.id is null
),
-- Rows that are gone and whose records another row of the source has, too: they are not to be touched. Of several such rows that are gone, the
-- first one is enough.
taken_over as {{ materialized }} (
  select distinct gone.id
  from gone
  join {{ state }} as holder on holder.hubspot_id = gone.hubspot_id and holder.{{ id }} <> gone.id
  left join gone as absent on absent.id = holder.{{ id }}
  where absent.id is null or absent.id < gone.id
),
{%- endunless %}
compared as (
  select
    coalesce(s.id, t.id) as id,
    s.row_hash,
    t.id is not null as in_state,
    t.known_hash,
    t.in_doubt,
    t.was_removed,
    t.is_asked_again,
    t.hubspot_id,
    t.acknowledged_at,
    t.known_payload
    {%- for column in columns %},
    s.{{ column.alias }}
    {%- endfor %}
  from of_source as s
  full join of_state as t on t.id = s.id
  {%- unless resync_all %}
  -- An id that is written differently in the source finds its row of the state only here.
  where s.row_hash is distinct from t.settled_hash or s.row_hash is null
  {%- endunless %}
),
judged as (
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
      when c.is_asked_again then 'resync'
      else 'changed'
      {%- endif %}
    end as reason
  from compared as c
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
    c.was_removed,
    c.reason,
    c.reason in ('in_doubt', 'new', 'returned', 'resync', 'changed') as is_wanted,
    c.hubspot_id,
    c.acknowledged_at,
    {{ acknowledged }} as acknowledged
    {%- for column in columns %},
    {{ column.text }} as {{ column.alias }}
    {%- endfor %}
  from judged as c
  -- What is gone for good is nothing to count or to send, and grows with the years.
  where c.reason <> 'gone'
),
built as (
  select r.*, {{ whole }} as whole from read_values as r
),
checked as (
  select
    b.*,
    case when is_wanted{% unless changes_are_sent %} and not ({{ is_left }}){% endunless %} then {{ unfit }} end as unfit
  from built as b
),
differences as (
  select
    id,
    row_hash,
    in_state,
    known_hash,
    was_removed,
    reason,
    is_wanted,
    unfit,
    case when is_wanted{{ or_removed }} then hubspot_id end as hubspot_id,
    case when is_wanted{{ or_removed }} then acknowledged_at end as acknowledged_at,
    case when is_wanted then {{ payload }}{{ else_removed }} end as payload,
    case when is_wanted then {{ desired }}{{ else_removed }} end as desired,
    case when is_wanted then {{ kept }} end as kept
  from checked
),
listed as (
  select
    id,
    coalesce(row_hash, {{ removed_hash }}) as row_hash,
    hubspot_id,
    in_state as known,
    known_hash is not null as was_acknowledged,
    row_hash is not null as is_judged,
    known_hash is not null and not was_removed as is_known,
    known_hash <> row_hash and unfit is null and reason in ('in_doubt'{% if changes_are_sent %}, 'resync'{% endif %}) as is_differing,
    case
      -- The hash differs but no mapped property does: the state is refreshed without a call.
      when reason = 'changed' and {{ payload_text }} = '{}' then 'skip'
      when unfit is not null then 'skip'
      when is_wanted then {{ operation }}
      {%- unless removed_is_left %}
      when reason = 'removed' then {{ removed_operation }}
      {%- endunless %}
      else 'skip'
    end as operation,
    case
      when reason = 'changed' and {{ payload_text }} = '{}' then 'unchanged'
      when unfit is not null then split_part(unfit, ' ', 1)
      else {{ reason }}
    end as reason,
    case when unfit is not null then split_part(unfit, ' ', 2) end as property,
    acknowledged_at,
    case when unfit is null then payload end as payload,
    case when unfit is null then desired end as desired,
    case when unfit is null then kept end as kept
  from differences
  union all
  select s.id, s.row_hash, null, false, false, false, false, false, 'skip', 'duplicate_id', null, null, null, null, null
  from (select {{ source_id }} as id, {{ source_hash }} as row_hash from {{ source }}) as s
  join repeated_ids on repeated_ids.id = s.id
  {%- if suppressing %}
  union all
  select id, null, null, false, false, false, false, false, 'skip', 'suppressed', null, null, null, null, null
  from suppressed_rows
  {%- endif %}
),
{%- if some_were_deferred %}
{% include "deferred_since" %},
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
counted as (
  select
    count(case when is_judged then 1 end) as judged_rows,
    count(case when is_known then 1 end) as known,
    count(case when is_differing then 1 end) as differing,
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
    count(case when reason in ('resync', 'waiting') or {{ is_refused }} then 1 end) as resent,
    count(case when reason in ('waiting', 'create_only'{% if suppressing %}, 'suppressed'{% endif %}) then 1 end) as skipped,
    {%- if suppressing %}
    count(case when reason = 'suppressed' then 1 end) as suppressed_rows,
    {%- endif %}
    count(case when {{ is_refused }} then 1 end) as refused,
    count(case when reason = 'duplicate_id' then 1 end) as duplicates,
    {{ plan_hash }} as plan_hash
  from numbered
),
totals as (
  select *, rows_read - judged_rows - duplicates{% if suppressing %} - suppressed_rows{% endif %} as same
  from sizes
  cross join counted
)
select run.run_id, seq, id, operation, reason, property, hubspot_id, known, payload, desired, kept, row_hash, {{ now }}
from numbered
cross join run
union all
select run.run_id, 0, null, 'plan', null, null, null, null, {{ counts }}, null, null, totals.plan_hash, {{ now }}
from totals
cross join run
