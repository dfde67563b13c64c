// Written by npm run build from sql/; do not edit.
export const SQL = {
  alert_change: `-- Hits a row only where the state changes, so that each change is told once.
update {{ alerts }}
set state = ?, since = {{ now }}, run_id = ?, reason = coalesce(cast(? as {{ type.text }}), reason), notified_at = null, tried_at = null
where sync = ? and alert = ? and state <> ?`,
  alert_claim: `update {{ alerts }}
set tried_at = {{ now }}
where sync = ? and alert = ? and notified_at is null and (tried_at is null or tried_at < {{ given_up }})`,
  alert_facts: `-- What an alert's thresholds are compared with: the source rows that HubSpot does not have as the source has them, each once, and how long
-- the run took.
select
  cast(
    (
      select count(*)
      from (
        select {{ id }} from {{ rejections }} where {{ id }} is not null
        union
        select {{ id }} from {{ state }} where in_doubt and removed_at is null
      ) as named
    ) + (select count(*) from {{ rejections }} where {{ id }} is null) as varchar
  ) as failed_rows,
  cast(coalesce(rows_read, 0) as varchar) as rows_read,
  cast({{ run_ms }} as varchar) as run_ms
from {{ runs }}
where run_id = ? and sync = ?`,
  alert_rows: `select cast(count(*) as varchar) as alerts
from {{ alerts }}
where sync = ?`,
  alert_told: `-- A state that changed again while its message was sent has another message to send.
update {{ alerts }}
set notified_at = {{ now }}, tried_at = null
where sync = ? and alert = ? and state = ? and tried_at is not null`,
  alert_untold: `-- Changes of state that nobody was told of and that no other step is telling just now.
select alert, state, run_id, reason, {{ since_text }} as since
from {{ alerts }}
where sync = ? and notified_at is null and (tried_at is null or tried_at < {{ given_up }})
order by alert`,
  alert_untried: `update {{ alerts }}
set tried_at = null
where sync = ? and alert = ? and notified_at is null`,
  approval_differences: `-- What differs between two plans: rows that joined, rows that left and rows that would be sent otherwise, with a few of each.
with planned as (
  select
    run_id,
    {{ id }} as id,
    case when operation = 'skip' then reason else operation end as operation,
    row_hash,
    {{ payload_text }} as payload
  from {{ changes }}
  where run_id in (?, ?) and seq > 0 and (operation <> 'skip' or reason = 'removed')
),
differing as (
  select
    coalesce(a.id, b.id) as id,
    coalesce(a.operation, b.operation) as operation,
    case when b.id is null then 'joined' when a.id is null then 'left' else 'differs' end as difference
  from (select * from planned where run_id = ?) as a
  full join (select * from planned where run_id = ?) as b on b.id = a.id
  where a.id is null
    or b.id is null
    or a.operation <> b.operation
    or a.row_hash <> b.row_hash
    or a.payload <> b.payload
),
counted as (
  select
    difference,
    operation,
    id,
    count(*) over (partition by difference, operation) as differing_rows,
    row_number() over (partition by difference, operation order by id) as position
  from differing
)
select difference, operation, cast(differing_rows as varchar) as differing_rows, id
from counted
where position <= 5
order by difference, operation, id`,
  approval_read: `select run_id, status, cast(approval_used_at as varchar) as approval_used_at
from {{ runs }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run')
order by started_at desc`,
  approval_use: `update {{ runs }}
set approval_used_at = {{ now }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run') and approval_used_at is null`,
  association_acknowledged: `update {{ associations }}
set operation = null,
    in_doubt = false,
    acknowledged_at = {{ now }},
    code = null,
    message = null,
    attempts = 0,
    next_try_at = null
from (
  select {{ pair.association_id }} as association_id
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id and {{ associations }}.operation = 'create'`,
  association_counts: `with {% include "association_diff" %}
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
from differences`,
  association_diff: `-- Common to the statements that compare what the source says with the associations that HubSpot holds because of us.
asked as (
  select cast(? as varchar) as resync
),
{%- if suppressing_links %}
{% include "association_suppressed" %},
{%- endif %}
source_keys as (
  select
    {{ source_id }} as id
    {%- for relation in relations %},
    {{ relation.foreign_key }} as {{ relation.alias }}
    {%- endfor %}
  from {{ source }}
),
source_ids as (
  select id, count(*) as times from source_keys where id is not null group by id
),
links as {{ materialized }} (
  {%- for relation in relations %}
  select
    {{ relation.to_sync }} as to_sync,
    {{ relation.to_object_type }} as to_object_type,
    {{ relation.label }} as label,
    s.id as from_id,
    s.{{ relation.alias }} as to_id,
    own.hubspot_id as from_hubspot_id,
    other.hubspot_id as to_hubspot_id,
    target.id is not null as has_target,
    {{ relation.keeps_removed }} as keeps_removed
  from source_keys as s
  join source_ids as u on u.id = s.id and u.times = 1
  left join {{ state }} as own on own.{{ id }} = s.id and own.row_hash is not null
  left join {{ relation.target_state }} as other
    on other.{{ relation.target_id }} = s.{{ relation.alias }} and other.row_hash is not null
  left join (select distinct {{ relation.target_source_id }} as id from {{ relation.target_source }}) as target
    on target.id = s.{{ relation.alias }}
  {%- if suppressing_links %}
  left join suppressed on suppressed.id = s.id
  left join suppressed_targets as other_end on other_end.to_sync = {{ relation.to_sync }} and other_end.id = s.{{ relation.alias }}
  {%- endif %}
  where s.{{ relation.alias }} is not null
  {%- if suppressing_links %}
    and suppressed.id is null
    and other_end.id is null
  {%- endif %}
  {%- unless forloop.last %}
  union all
  {%- endunless %}
  {%- endfor %}
),
relations as (
  {%- for relation in relations %}
  select {{ relation.to_sync }} as to_sync, {{ relation.label }} as label
  {%- unless forloop.last %}
  union all
  {%- endunless %}
  {%- endfor %}
),
held as {{ materialized }} (
  select
    a.*,
    r.to_sync is not null as is_declared,
    {%- if suppressing_links %}
    suppressed.id is not null or other_end.id is not null as is_suppressed,
    {%- endif %}
    a.next_try_at is null or a.next_try_at <= {{ now }} or asked.resync = 'rejected' as is_due,
    a.acknowledged_at is not null or a.in_doubt as may_exist,
    case
      -- What a row says is compared; a record id that is not known at present says nothing.
      when l.from_id is not null then
        l.to_id = a.to_id
        and (l.has_target or l.keeps_removed)
        and coalesce(l.from_hubspot_id, a.from_hubspot_id) = a.from_hubspot_id
        and coalesce(l.to_hubspot_id, a.to_hubspot_id) = a.to_hubspot_id
      when u.id is not null then u.times > 1
      else {{ keeps_own_removed }}
    end as is_said,
    l.from_hubspot_id is not null and l.to_hubspot_id is not null and l.has_target as is_possible
  from {{ associations }} as a
  cross join asked
  left join relations as r on r.to_sync = a.to_sync and r.label = a.label
  left join links as l on l.to_sync = a.to_sync and l.label = a.label and l.from_id = a.from_id
  left join source_ids as u on u.id = a.from_id
  {%- if suppressing_links %}
  left join suppressed on suppressed.id = a.from_id
  left join suppressed_targets as other_end on other_end.to_sync = a.to_sync and other_end.id = a.to_id
  {%- endif %}
),
-- \`forget\`: never reached HubSpot, or is not ours to look after any more.
differences as {{ materialized }} (
  select
    held.association_id,
    held.to_sync,
    held.to_object_type,
    held.label,
    held.from_id,
    held.to_id,
    held.from_hubspot_id,
    held.to_hubspot_id,
    held.operation as before,
    held.in_doubt,
    held.sent_at,
    case
      {%- if suppressing_links %}
      when is_suppressed then 'forget'
      {%- endif %}
      when not is_declared then 'forget'
      when not is_said and not may_exist then 'forget'
      when not is_said and is_due then 'remove'
      when not is_said then 'refused'
      when acknowledged_at is not null and not in_doubt and operation is null and asked.resync <> 'all' then 'none'
      when not is_possible then 'none'
      when not is_due then 'refused'
      else 'again'
    end as action
  from held
  cross join asked
  union all
  select
    l.to_sync || chr(31) || l.label || chr(31) || l.from_hubspot_id || chr(31) || l.to_hubspot_id || chr(31)
      || l.from_id || chr(31) || l.to_id,
    l.to_sync,
    l.to_object_type,
    l.label,
    l.from_id,
    l.to_id,
    l.from_hubspot_id,
    l.to_hubspot_id,
    null,
    false,
    null,
    case
      when not l.has_target then 'no_target'
      when l.from_hubspot_id is null or l.to_hubspot_id is null then 'wait'
      else 'create'
    end
  from links as l
  left join (select distinct to_sync, label, from_id from held where is_said) as a
    on a.to_sync = l.to_sync and a.label = l.label and a.from_id = l.from_id
  where a.from_id is null
)`,
  association_due: `-- Writes down what is owed for the associations that are known already.
update {{ associations }}
set operation = case when d.action = 'remove' then 'remove' else 'create' end,
    acknowledged_at = case when d.action = 'remove' then {{ associations }}.acknowledged_at end,
    in_doubt = {{ associations }}.in_doubt or {{ associations }}.acknowledged_at is not null,
    run_id = d.run_id,
    seq = d.seq
from (
  with {% include "association_diff" %},
  run as (select cast(? as varchar) as run_id)
  select association_id, action, run.run_id, row_number() over (order by to_sync, label, from_id, to_id) as seq
  from differences
  cross join run
  where action in ('remove', 'again')
) as d
where {{ associations }}.association_id = d.association_id`,
  association_forget: `delete from {{ associations }}
where association_id in (
  with {% include "association_diff" %}
  select association_id from differences where action = 'forget'
)`,
  association_new: `-- Written down before it is sent: what a crash leaves behind is known, and is taken back when the source has changed meanwhile.
insert into {{ associations }}
  (association_id, to_sync, to_object_type, label, from_id, to_id, from_hubspot_id, to_hubspot_id, operation, seq, in_doubt, run_id, attempts)
with {% include "association_diff" %},
run as (select cast(? as varchar) as run_id),
numbered as (select coalesce(max(seq), 0) as last_seq from {{ associations }} where operation is not null)
select
  association_id, to_sync, to_object_type, label, from_id, to_id, from_hubspot_id, to_hubspot_id,
  'create',
  last_seq + row_number() over (order by to_sync, label, from_id, to_id),
  false,
  run.run_id,
  0
from differences
cross join run
cross join numbered
where action = 'create'`,
  association_page: `{% if sharing -%}
-- What is to stay between records, so that a removal takes nothing of it away.
with staying as (
  select label, from_hubspot_id, to_hubspot_id
  from {{ associations }}
  where to_object_type = {{ to_object_type }}
    and (operation = 'create' or (operation is null and (acknowledged_at is not null or in_doubt)))
)
{% endif -%}
select
  cast(a.seq as varchar) as seq,
  a.association_id,
  a.from_hubspot_id,
  a.to_hubspot_id,
  a.category,
  a.type_id,
  cast(a.in_doubt as varchar) as in_doubt
  {%- if sharing %},
  cast(kept.from_hubspot_id is not null as varchar) as is_shared,
  cast(back.label is not null as varchar) as is_said_back
  {%- endif %}
from {{ associations }} as a
{%- if sharing %}
left join (
  select from_hubspot_id, to_hubspot_id from staying
  {%- if same_type %}
  union
  select to_hubspot_id, from_hubspot_id from staying
  {%- else %}
  group by from_hubspot_id, to_hubspot_id
  {%- endif %}
) as kept on kept.from_hubspot_id = a.from_hubspot_id and kept.to_hubspot_id = a.to_hubspot_id
-- HubSpot keeps one association for both directions, so between records of one type either may say it.
left join (
  select distinct label, from_hubspot_id, to_hubspot_id from staying {% unless same_type %}where false{% endunless %}
) as back on back.label = a.label and back.from_hubspot_id = a.to_hubspot_id and back.to_hubspot_id = a.from_hubspot_id
{%- endif %}
where a.run_id = ?
  and a.operation = ?
  and a.to_sync = ?
  and a.label = ?
  and a.seq > cast(? as {{ type.integer }})
order by a.seq
limit {{ page_rows }}`,
  association_rejected: `update {{ associations }}
set operation = null,
    in_doubt = p.in_doubt = 'true',
    code = p.code,
    message = p.message,
    attempts = {{ associations }}.attempts + 1,
    next_try_at = {{ next_try_at }}
from (
  select
    {{ pair.association_id }} as association_id,
    {{ pair.in_doubt }} as in_doubt,
    {{ pair.code }} as code,
    {{ pair.message }} as message
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id and {{ associations }}.operation is not null`,
  association_removed: `delete from {{ associations }}
where operation = 'remove'
  and association_id in (
    select {{ pair.association_id }}
    from {{ pairs }}
  )`,
  association_sending: `-- A row is in doubt from before its request leaves until HubSpot has answered for it.
update {{ associations }}
set in_doubt = true,
    sent_at = {{ now }},
    category = coalesce(p.category, {{ associations }}.category),
    type_id = coalesce(p.type_id, {{ associations }}.type_id)
from (
  select {{ pair.association_id }} as association_id, {{ pair.category }} as category, {{ pair.type_id }} as type_id
  from {{ pairs }}
) as p
where {{ associations }}.association_id = p.association_id`,
  association_suppressed: `-- Common to the statements that leave associations with suppressed rows out: those of this sync and those of the other sides, each after
-- a row that is nobody's.
{%- if suppressing %}
{% include "suppressed_ids" %},
{%- else %}
suppressed as (
  select cast(null as varchar) as id
),
{%- endif %}
suppressed_targets as {{ materialized }} (
  select cast(null as varchar) as to_sync, cast(null as varchar) as id
  {%- for list in suppressing_targets %}
  union
  select {{ list.to_sync }}, {{ list.suppressed_id }} from {{ list.suppressions }}
  {%- endfor %}
)`,
  call_counts: `-- How many requests a run made, how long they took and how long the run pushed; workers note the time of sending on clocks of their own.
select
  cast(count(*) as varchar) as calls,
  cast(count(case when http_status = 429 then 1 end) as varchar) as rate_limited_calls,
  cast(cast(round({{ p50 }}) as {{ type.integer }}) as varchar) as latency_p50_ms,
  cast(cast(round({{ p95 }}) as {{ type.integer }}) as varchar) as latency_p95_ms,
  cast(cast(round({{ p99 }}) as {{ type.integer }}) as varchar) as latency_p99_ms,
  cast(max(latency_ms) as varchar) as latency_max_ms,
  cast({{ pushing_ms }} as varchar) as pushing_ms
  {%- for bucket in buckets %},
  cast(count(case when latency_ms > {{ bucket.over }}{{ bucket.limit }} then 1 end) as varchar) as {{ bucket.column }}
  {%- endfor %}
from {{ journal }}
where run_id = ? and kind = 'call'`,
  changes_page: `-- A part of a batch, at least one row, that ends where its texts together become longer than a worker should hold. Some rows come as one
-- text, so that those that wait for their turn are no more than text there, and fewer where they are long, because a value has a greatest
-- size. Of a row that is sent whole, as all of a first load are, the values are given once.
select
  cast(count(*) as varchar) as entry_count,
  cast(max(place) as varchar) as last_seq,
  {{ entries }} as entries
from (
  select
    seq as place,
    {{ entry }} as entry,
    sum(length({{ payload_text }}) + length({{ desired_text }})) over (
      order by seq
      rows between unbounded preceding and 1 preceding
    ) as length_before
  from {{ changes }}
  where run_id = ?
    and seq between cast(? as {{ type.integer }}) and cast(? as {{ type.integer }})
    and operation <> 'skip'
) as page
where coalesce(length_before, 0) < cast(? as {{ type.integer }})
group by
  floor(place / cast(? as {{ type.integer }})),
  floor(coalesce(length_before, 0) / cast(? as {{ type.integer }}))
order by min(place)`,
  dbt_project_cancel: `select system$cancel_query(?) as answer`,
  dbt_project_copy: `-- Snowflake does not let the files be read where they are.
copy files into {{ folder }} from {{ location }} files = ('target/run_results.json', 'target/manifest.json')`,
  dbt_project_execute: `execute dbt project {{ project }} args = {{ args }}{{ dbt_version }} /* {{ key }} */`,
  dbt_project_find: `-- Executions that a key marks, the newest first; a key that nobody used finds nothing.
select query_id, execution_status, cast(error_code as varchar) as error_code
from table(information_schema.query_history_by_user(
  end_time_range_start => dateadd('hour', -24, current_timestamp()),
  result_limit => 10000
))
where startswith(lower(query_text), 'execute dbt project') and contains(query_text, ?)
order by start_time desc`,
  dbt_project_read: `select to_json($1) as artifact from {{ file }}`,
  dbt_project_remove: `remove {{ folder }}`,
  dbt_project_results: `-- Where an execution left its files; an error when it left none.
select system$locate_dbt_artifacts(?) as location`,
  deferred_since: `-- Since when a change has waited that earlier runs planned and did not get to; only what runs that deferred something planned is read.
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
)`,
  definitions_before: `-- What rows were judged by last, and whether any that HubSpot refused waits for its next try.
select
  (
    select definitions from {{ runs }}
    where sync = ? and definitions is not null
    order by started_at desc
    limit 1
  ) as definitions,
  cast(count(*) as varchar) as waiting
from {{ rejections }}
where next_try_at > {{ now }} and {{ by_definition }}`,
  definitions_seen: `-- What the run's rows are judged by: the property definitions as they are while it is pushed.
update {{ runs }} set definitions = ? where run_id = ? and sync = ?`,
  events_append: `insert into {{ events }} (run_id, asset_key, kind, occurred_at, code_version, data_version, metadata)
select
  {{ event.run_id }},
  {{ event.asset_key }},
  {{ event.kind }},
  {{ now }},
  {{ event.code_version }},
  {{ event.data_version }},
  {{ event.metadata }}
from {{ records }}`,
  fold_acknowledged: `-- Acknowledged rows take the values that were sent (R4), which ends their doubt (R6). A record that was emptied stays known as such.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at, removed_at)
select f.{{ id }}, f.hubspot_id, c.desired, f.row_hash, false, f.run_id, {{ now }}, case when f.reason = 'removed' then {{ now }} end
from {{ fold }} as f
join {{ changes }} as c on c.run_id = f.run_id and c.seq = f.seq
where f.fold_id = ? and f.outcome = 'acknowledged' and f.operation <> 'archive'`,
  fold_ambiguous: `-- How many requests of the chosen entries may still be running at HubSpot (R5).
select
  cast(
    (
      select count(*)
      from {{ journal }} as j
      where j.folded_by = ?
        and j.kind = 'call'
        and (j.http_status is null or j.http_status = 408 or j.http_status >= 500)
    ) + (
      select count(*)
      from {{ journal }} as s
      where s.folded_by = ?
        and s.kind = 'start'
        and not exists (select 1 from {{ journal }} as e where e.attempt = s.attempt and e.kind = 'end' and e.folded_by = s.folded_by)
    ) as varchar
  ) as requests`,
  fold_cleared: `-- An acknowledged row owes nothing any more.
delete from {{ rejections }}
where next_try_at is not null
  and {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and outcome = 'acknowledged')`,
  fold_counts: `select
  run_id,
  cast(count(case when outcome <> 'late' then 1 end) as varchar) as planned,
  cast(count(case when outcome = 'acknowledged' then 1 end) as varchar) as acknowledged,
  cast(count(case when outcome = 'rejected' then 1 end) as varchar) as rejected,
  cast(count(case when outcome = 'deferred' then 1 end) as varchar) as deferred,
  cast(count(case when outcome = 'unknown' then 1 end) as varchar) as unknown,
  cast(count(case when in_doubt then 1 end) as varchar) as in_doubt,
  cast(count(case when code = 'SAME_RECORD' then 1 end) as varchar) as same_record
from {{ fold }}
where fold_id = ?
group by run_id`,
  fold_done: `delete from {{ fold }} where fold_id = ?`,
  fold_doubtful: `update {{ state }}
set in_doubt = true
where {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and in_doubt)`,
  fold_doubtful_new: `-- A row that may have been created without our knowing of it is remembered, too, and with it the record that it shares with another row, so
-- that this record is not taken for the other row's alone.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
select f.{{ id }}, max(case when f.code = 'SAME_RECORD' then f.hubspot_id end), null, null, true, max(f.run_id), null
from {{ fold }} as f
left join {{ state }} as t on t.{{ id }} = f.{{ id }}
where f.fold_id = ? and f.in_doubt and t.{{ id }} is null
group by f.{{ id }}`,
  fold_mark: `-- Chooses exactly the entries that this settle folds; what arrives later is left for the next one.
update {{ journal }}
set folded_at = {{ now }}, folded_by = ?
where folded_at is null and run_id <> ?`,
  fold_outcomes: `-- What the chosen entries say about each change, once for all statements of a fold: one row for every change of a run that is not settled,
-- and one for every change that a late entry speaks of. An entry is late when its run was settled before or is not on record: its rows
-- come in doubt, whatever it says (R4).
insert into {{ fold }}
  (fold_id, run_id, seq, {{ id }}, operation, reason, row_hash, outcome, in_doubt, hubspot_id, code, property, message)
with fold as (
  select cast(? as varchar) as fold_id, cast(? as varchar) as sync, cast(? as varchar) as except_run
),
folded as {{ materialized }} (
  select j.run_id, j.attempt, j.kind, j.first_seq, j.last_seq, j.results, r.run_id is null or r.settled_at is not null as late
  from {{ journal }} as j
  join fold on j.folded_by = fold.fold_id
  left join {{ runs }} as r on r.run_id = j.run_id and r.sync = fold.sync
),
told as {{ materialized }} (
  select
    run_id,
    seq,
    count(case when outcome = 'acknowledged' then 1 end) > 0 as acknowledged,
    count(case when outcome = 'rejected' then 1 end) > 0 as rejected,
    count(case when outcome = 'unknown' then 1 end) > 0 as unknown,
    count(case when code = 'VALUE_NOT_TAKEN' then 1 end) > 0 as taken_in_part,
    max(hubspot_id) as hubspot_id,
    max(case when outcome = 'rejected' then code end) as rejected_code,
    max(case when outcome = 'unknown' then code end) as unknown_code,
    max(case when outcome = 'deferred' then code end) as deferred_code,
    max(case when outcome = 'rejected' then property end) as property,
    max(case when outcome = 'rejected' then message end) as message
  from (
    select
      f.run_id,
      cast({{ result.seq }} as {{ type.integer }}) as seq,
      {{ result.outcome }} as outcome,
      {{ result.hubspot_id }} as hubspot_id,
      {{ result.code }} as code,
      {{ result.property }} as property,
      {{ result.message }} as message
    from folded as f
    cross join {{ results }}
    where f.kind = 'call' and not f.late
  ) as entry_outcomes
  group by run_id, seq
),
planned as {{ materialized }} (
  select
    c.run_id,
    c.seq,
    c.{{ id }} as id,
    c.operation,
    c.reason,
    c.row_hash,
    coalesce(told.hubspot_id, c.hubspot_id) as hubspot_id,
    coalesce(told.acknowledged, false) as acknowledged,
    coalesce(told.rejected, false) as rejected,
    coalesce(told.unknown, false) as unknown,
    coalesce(told.taken_in_part, false) as taken_in_part,
    told.rejected_code,
    told.unknown_code,
    told.deferred_code,
    told.property,
    told.message
  from {{ changes }} as c
  join {{ runs }} as r on r.run_id = c.run_id and r.planned_at is not null and r.settled_at is null
  join fold on r.sync = fold.sync and r.run_id <> fold.except_run
  left join told on told.run_id = c.run_id and told.seq = c.seq
  where c.operation not in ('skip', 'plan')
),
-- Two source rows that HubSpot answers for with one record would overwrite each other: none of them counts as acknowledged.
written as {{ materialized }} (
  select id, hubspot_id from planned where acknowledged and reason <> 'removed' and hubspot_id is not null
),
given_up as {{ materialized }} (
  select id, hubspot_id from planned where acknowledged and not rejected and reason = 'removed'
),
shared_records as {{ materialized }} (
  select hubspot_id from written group by hubspot_id having count(distinct id) > 1
  union
  select written.hubspot_id
  from {{ state }} as t
  join written on written.hubspot_id = t.hubspot_id and written.id <> t.{{ id }}
  left join given_up on given_up.id = t.{{ id }}
  where t.removed_at is null and t.row_hash is not null and given_up.id is null
),
-- A record that was archived or emptied for a removed row and that another row wrote to in the same run: nobody knows which came last.
overtaken_records as {{ materialized }} (
  select distinct hubspot_id from given_up where hubspot_id is not null
),
-- What ended an attempt early is why its rows were not sent.
ended as {{ materialized }} (
  select f.run_id, f.first_seq, f.last_seq, {{ result.code }} as code
  from folded as f
  cross join {{ results }}
  where f.kind = 'end' and not f.late
),
put_off as (
  select p.run_id, p.seq, max(e.code) as code
  from planned as p
  join ended as e on e.run_id = p.run_id and p.seq between e.first_seq and e.last_seq
  where p.deferred_code is null and not p.acknowledged and not p.rejected
  group by p.run_id, p.seq
),
unfinished_attempts as (
  select s.run_id, s.first_seq, s.last_seq
  from folded as s
  left join (select attempt from folded where kind = 'end') as e on e.attempt = s.attempt
  where s.kind = 'start' and not s.late and e.attempt is null
),
unfinished as {{ materialized }} (
  select distinct p.run_id, p.seq
  from planned as p
  join unfinished_attempts as u on u.run_id = p.run_id and p.seq between u.first_seq and u.last_seq
),
decided as (
  select
    p.*,
    p.acknowledged and shared.hubspot_id is null and overtaken.hubspot_id is null as confirmed,
    p.rejected or shared.hubspot_id is not null as refused,
    shared.hubspot_id is not null as is_shared,
    p.unknown or shared.hubspot_id is not null or overtaken.hubspot_id is not null as unsure,
    unfinished.seq is not null as is_unfinished
  from planned as p
  left join shared_records as shared
    on shared.hubspot_id = p.hubspot_id and p.acknowledged and p.reason <> 'removed'
  left join overtaken_records as overtaken
    on overtaken.hubspot_id = p.hubspot_id and p.acknowledged and p.reason <> 'removed'
  left join unfinished on unfinished.run_id = p.run_id and unfinished.seq = p.seq
),
doubted as (
  select
    d.*,
    -- Only an acknowledgement says what an attempt that has no end left behind; a repetition may have been refused or deferred.
    (d.unsure and not d.confirmed) or (d.confirmed and d.refused) or d.taken_in_part or (d.is_unfinished and not d.confirmed) as in_doubt
  from decided as d
),
judged as (
  select
    d.*,
    case
      when confirmed and not refused then 'acknowledged'
      when refused and not confirmed then 'rejected'
      when in_doubt then 'unknown'
      else 'deferred'
    end as outcome
  from doubted as d
)
select
  fold.fold_id,
  judged.run_id,
  judged.seq,
  id,
  operation,
  reason,
  row_hash,
  outcome,
  in_doubt,
  hubspot_id,
  case
    when is_shared then 'SAME_RECORD'
    when outcome = 'rejected' then rejected_code
    when outcome = 'unknown' then coalesce(unknown_code, rejected_code)
    when outcome = 'deferred' then coalesce(deferred_code, put_off.code)
  end,
  case when outcome = 'rejected' then property end,
  case when is_shared then 'HubSpot keeps this row and another one in one record' else message end
from judged
cross join fold
left join put_off on put_off.run_id = judged.run_id and put_off.seq = judged.seq
union all
select distinct
  fold.fold_id, c.run_id, c.seq, c.{{ id }}, c.operation, c.reason, c.row_hash, 'late', true,
  cast(null as varchar), cast(null as varchar), cast(null as varchar), cast(null as varchar)
from {{ changes }} as c
join folded as l on l.late and l.kind in ('start', 'call') and l.run_id = c.run_id and c.seq between l.first_seq and l.last_seq
cross join fold
where c.operation not in ('skip', 'plan')`,
  fold_rejected: `update {{ rejections }}
set code = f.code,
    property = f.property,
    message = f.message,
    attempts = case when {{ rejections }}.row_hash = f.row_hash then {{ rejections }}.attempts + 1 else 1 end,
    first_at = case when {{ rejections }}.row_hash = f.row_hash then {{ rejections }}.first_at else {{ now }} end,
    row_hash = f.row_hash,
    last_at = {{ now }},
    next_try_at = case when {{ rejections }}.row_hash = f.row_hash then {{ next_try_at }} else {{ first_retry_at }} end
from {{ fold }} as f
where f.fold_id = ?
  and f.outcome = 'rejected'
  and {{ rejections }}.{{ id }} = f.{{ id }}
  and {{ rejections }}.next_try_at is not null`,
  fold_rejected_new: `insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select f.{{ id }}, f.code, f.property, f.message, f.row_hash, 1, {{ now }}, {{ now }}, {{ first_retry_at }}
from {{ fold }} as f
left join {{ rejections }} as r on r.{{ id }} = f.{{ id }} and r.next_try_at is not null
where f.fold_id = ? and f.outcome = 'rejected' and r.{{ id }} is null`,
  fold_replaced: `-- Acknowledged rows are written anew, which costs a warehouse less than changing wide rows in place; those of archived records leave.
delete from {{ state }}
where {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and outcome = 'acknowledged')`,
  fold_shared: `-- The row that held a shared record until now may have been overwritten: it is sent again.
update {{ state }}
set in_doubt = true
where hubspot_id in (select hubspot_id from {{ fold }} where fold_id = ? and code = 'SAME_RECORD')`,
  journal_append: `-- All entries come as one bound JSON array, because an INSERT costs the same for one row and for a hundred.
insert into {{ journal }}
  (entry_id, run_id, token, batch_number, attempt, kind, call_number, first_seq, last_seq,
   http_status, sent_at, latency_ms, acknowledged, rejected, unknown, results, written_at)
select
  {{ entry.entry_id }},
  {{ entry.run_id }},
  cast({{ entry.token }} as {{ type.integer }}),
  cast({{ entry.batch_number }} as {{ type.integer }}),
  {{ entry.attempt }},
  {{ entry.kind }},
  cast({{ entry.call_number }} as {{ type.integer }}),
  cast({{ entry.first_seq }} as {{ type.integer }}),
  cast({{ entry.last_seq }} as {{ type.integer }}),
  cast({{ entry.http_status }} as {{ type.integer }}),
  cast({{ entry.sent_at }} as {{ type.timestamp }}),
  cast({{ entry.latency_ms }} as {{ type.integer }}),
  cast({{ entry.acknowledged }} as {{ type.integer }}),
  cast({{ entry.rejected }} as {{ type.integer }}),
  cast({{ entry.unknown }} as {{ type.integer }}),
  {{ entry.results }},
  {{ now }}
from {{ entries }}`,
  journal_before: `-- What an attempt has to know: how often this batch was started before, and what another batch of this run learnt that is true of every
-- batch: a daily limit, a migration of the portal, or a refusal whatever the row. An answer of that kind decides no row, so only the few
-- entries without a decision are unfolded.
select
  (
    select cast(count(*) as varchar)
    from {{ journal }}
    where run_id = ? and batch_number = cast(? as {{ type.integer }}) and kind = 'start'
  ) as attempts,
  (
    select max({{ result.code }})
    from (
      select results
      from {{ journal }}
      where run_id = ?
        and kind in ('call', 'end')
        and coalesce(acknowledged, 0) = 0
        and coalesce(rejected, 0) = 0
        and coalesce(unknown, 0) = 0
    ) as j
    cross join {{ results }}
    where {{ result.outcome }} = 'deferred'
      and ({{ result.code }} in ('DAILY', 'DAILY_RESERVE', 'MIGRATION') or {{ result.code }} like 'RETL_HUBSPOT_%')
  ) as code`,
  journal_decided: `-- The rows of a batch that an earlier attempt of this run got an answer for.
select distinct {{ result.seq }} as seq
from {{ journal }} as j
cross join {{ results }}
where j.run_id = ?
  and j.batch_number = cast(? as {{ type.integer }})
  and j.kind = 'call'
  and {{ result.outcome }} in ('acknowledged', 'rejected')`,
  lease_acquire: `-- R1: the same run keeps its token; another run takes over only what has expired, and with a higher token.
-- The tables of another sync, or of another destination, are not to be taken.
update {{ lease }}
set token = case when holder = ? then token else token + 1 end,
    holder = ?,
    expires_at = {{ expires_at }}
where sync = ? and destination = ? and (holder is null or holder = ? or expires_at < {{ now }})`,
  lease_extend: `-- R1, R4: hits one row only while no other run took the lease, so inside a transaction it is the fence.
update {{ lease }}
set expires_at = {{ expires_at }}
where holder = ? and token = cast(? as {{ type.integer }})`,
  lease_not_before: `-- R5: requests that may still be running at HubSpot must have ended before anything is sent again.
update {{ lease }}
set not_before = case when not_before is null or not_before < {{ not_before }} then {{ not_before }} else not_before end`,
  lease_read: `select
  sync,
  destination,
  holder,
  cast(token as varchar) as token,
  cast({{ remaining_ms }} as varchar) as remaining_ms,
  cast({{ not_before_ms }} as varchar) as not_before_ms
from {{ lease }}`,
  lease_release: `update {{ lease }}
set holder = null, expires_at = {{ now }}
where holder = ? and token = cast(? as {{ type.integer }})`,
  migrate_alert_row: `insert into {{ alerts }} (sync, alert, state, since, run_id, reason, notified_at, tried_at)
select cast(? as {{ type.text }}), cast(? as {{ type.text }}), 'over', {{ now }}, null, null, {{ now }}, null
where not exists (select 1 from {{ alerts }} where sync = ? and alert = ?)`,
  migrate_alerts: `-- One row an alert of a sync: whether it is raised, since when and by which run, and when somebody was told (null: not yet).
create table if not exists {{ alerts }} (
  sync {{ type.text }} not null,
  alert {{ type.text }} not null,
  state {{ type.text }} not null,
  since {{ type.timestamp }} not null,
  run_id {{ type.text }},
  reason {{ type.text }},
  notified_at {{ type.timestamp }},
  tried_at {{ type.timestamp }}
)`,
  migrate_associations: `-- One row for every association that HubSpot holds because of this sync, may hold, or refused.
create table if not exists {{ associations }} (
  association_id {{ type.text }} not null,
  to_sync {{ type.text }} not null,
  to_object_type {{ type.text }} not null,
  label {{ type.text }} not null,
  from_id {{ type.text }} not null,
  to_id {{ type.text }} not null,
  from_hubspot_id {{ type.text }} not null,
  to_hubspot_id {{ type.text }} not null,
  category {{ type.text }},
  type_id {{ type.text }},
  operation {{ type.text }},
  seq {{ type.integer }},
  in_doubt {{ type.boolean }} not null,
  run_id {{ type.text }} not null,
  sent_at {{ type.timestamp }},
  acknowledged_at {{ type.timestamp }},
  code {{ type.text }},
  message {{ type.text }},
  attempts {{ type.integer }} not null,
  next_try_at {{ type.timestamp }}
)`,
  migrate_changes: `-- One row for every source row that a run did not find unchanged, and the run's plan itself (seq 0).
create table if not exists {{ changes }} (
  run_id {{ type.text }} not null,
  seq {{ type.integer }} not null,
  {{ id }} {{ type.text }},
  operation {{ type.text }} not null,
  reason {{ type.text }},
  property {{ type.text }},
  hubspot_id {{ type.text }},
  known {{ type.boolean }},
  payload {{ type.json }},
  desired {{ type.json }},
  kept {{ type.json }},
  row_hash {{ type.text }},
  detected_at {{ type.timestamp }} not null
)`,
  migrate_column: `-- Columns that a table got after it was first made.
alter table {{ table }} add column if not exists {{ column }} {{ column_type }}`,
  migrate_events: `-- What happened to each asset; append only.
create table if not exists {{ events }} (
  run_id {{ type.text }} not null,
  asset_key {{ type.text }} not null,
  kind {{ type.text }} not null,
  occurred_at {{ type.timestamp }} not null,
  code_version {{ type.text }},
  data_version {{ type.text }},
  metadata {{ type.json }}
)`,
  migrate_fold: `-- Working table of settle: what the entries of a fold say about each change. Empty between two folds.
create table if not exists {{ fold }} (
  fold_id {{ type.text }} not null,
  run_id {{ type.text }} not null,
  seq {{ type.integer }} not null,
  {{ id }} {{ type.text }},
  operation {{ type.text }} not null,
  reason {{ type.text }},
  row_hash {{ type.text }},
  outcome {{ type.text }} not null,
  in_doubt {{ type.boolean }} not null,
  hubspot_id {{ type.text }},
  code {{ type.text }},
  property {{ type.text }},
  message {{ type.text }}
)`,
  migrate_journal: `-- What each attempt at a batch did; only folded_at and folded_by are ever written again, by settle.
create table if not exists {{ journal }} (
  entry_id {{ type.text }} not null,
  run_id {{ type.text }} not null,
  token {{ type.integer }} not null,
  batch_number {{ type.integer }} not null,
  attempt {{ type.text }} not null,
  kind {{ type.text }} not null,
  call_number {{ type.integer }},
  first_seq {{ type.integer }} not null,
  last_seq {{ type.integer }} not null,
  http_status {{ type.integer }},
  sent_at {{ type.timestamp }},
  latency_ms {{ type.integer }},
  acknowledged {{ type.integer }},
  rejected {{ type.integer }},
  unknown {{ type.integer }},
  results {{ type.json }},
  written_at {{ type.timestamp }} not null,
  folded_at {{ type.timestamp }},
  folded_by {{ type.text }}
)`,
  migrate_lease: `-- One row: which run may write, until when, and before when nothing may be sent.
create table if not exists {{ lease }} (
  sync {{ type.text }} not null,
  destination {{ type.text }} not null,
  holder {{ type.text }},
  token {{ type.integer }} not null,
  expires_at {{ type.timestamp }} not null,
  not_before {{ type.timestamp }}
)`,
  migrate_lease_row: `insert into {{ lease }} (sync, destination, holder, token, expires_at, not_before)
select cast(? as {{ type.text }}), cast(? as {{ type.text }}), null, 0, {{ now }}, null
where not exists (select 1 from {{ lease }})`,
  migrate_rejections: `-- The source rows that HubSpot or a guard refused and that have not gone through since.
create table if not exists {{ rejections }} (
  {{ id }} {{ type.text }},
  code {{ type.text }} not null,
  property {{ type.text }},
  message {{ type.text }} not null,
  row_hash {{ type.text }},
  attempts {{ type.integer }} not null,
  first_at {{ type.timestamp }} not null,
  last_at {{ type.timestamp }} not null,
  next_try_at {{ type.timestamp }}
)`,
  migrate_runs: `-- One row a run of a sync.
create table if not exists {{ runs }} (
  run_id {{ type.text }} not null,
  sync {{ type.text }} not null,
  job {{ type.text }} not null,
  params {{ type.json }} not null,
  status {{ type.text }} not null,
  message {{ type.text }},
  code_version {{ type.text }} not null,
  plan_id {{ type.text }},
  approval_used_at {{ type.timestamp }},
  planned_at {{ type.timestamp }},
  rows_read {{ type.integer }},
  unchanged {{ type.integer }},
  to_create {{ type.integer }},
  to_update {{ type.integer }},
  to_archive {{ type.integer }},
  to_clear {{ type.integer }},
  definitions {{ type.text }},
  skipped {{ type.integer }},
  refused {{ type.integer }},
  removed {{ type.integer }},
  acknowledged {{ type.integer }},
  rejected {{ type.integer }},
  deferred {{ type.integer }},
  unknown {{ type.integer }},
  calls {{ type.integer }},
  rate_limited_calls {{ type.integer }},
  latency_p50_ms {{ type.integer }},
  latency_p95_ms {{ type.integer }},
  latency_max_ms {{ type.integer }},
  latency_p99_ms {{ type.integer }},
  latency_histogram {{ type.json }},
  pushing_ms {{ type.integer }},
  permitted_calls {{ type.integer }},
  outcome_codes {{ type.json }},
  failure_recorded_at {{ type.timestamp }},
  started_at {{ type.timestamp }} not null,
  settled_at {{ type.timestamp }},
  finished_at {{ type.timestamp }}
)`,
  migrate_schema: `create schema if not exists {{ schema }}`,
  migrate_state: `-- What HubSpot last acknowledged, one row a source row.
create table if not exists {{ state }} (
  {{ id }} {{ type.sparse_text }} not null,
  hubspot_id {{ type.sparse_text }},
  payload {{ type.sparse_json }},
  row_hash {{ type.sparse_text }},
  in_doubt {{ type.boolean }} not null,
  run_id {{ type.text }} not null,
  acknowledged_at {{ type.timestamp }},
  removed_at {{ type.timestamp }},
  resync_requested_at {{ type.timestamp }}
)`,
  plan_changes: `-- Compares the source with the state and writes one row for every source row that is not unchanged and every record whose row is
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
cross join run`,
  plan_discard: `-- An earlier try of a dry run or of a held run left its rows.
delete from {{ changes }} where run_id = ?`,
  plan_read: `select {{ counts_text }} as counts, row_hash as plan_hash
from {{ changes }}
where run_id = ? and seq = 0`,
  prune_changes: `-- Runs that settled, and dry runs and held plans, which have nothing to settle.
delete from {{ changes }}
where run_id in (
  select run_id
  from {{ runs }}
  where sync = ?
    and (settled_at < {{ cutoff }} or (status in ('held', 'dry_run') and planned_at is null and finished_at < {{ cutoff }}))
)`,
  prune_journal: `delete from {{ journal }}
where run_id in (select run_id from {{ runs }} where sync = ? and settled_at < {{ cutoff }})`,
  purge_associations: `-- Without a call: nothing about a suppressed row is asked of HubSpot.
delete from {{ associations }}
where association_id in (
  with {% include "association_suppressed" %}
  select a.association_id
  from {{ associations }} as a
  left join suppressed on suppressed.id = a.from_id
  left join suppressed_targets as other on other.to_sync = a.to_sync and other.id = a.to_id
  where suppressed.id is not null or other.id is not null
)`,
  purge_changes: `-- The plans of earlier runs keep that they had the row, and nothing of what it was.
update {{ changes }}
set payload = null, desired = null, kept = null, hubspot_id = null, row_hash = null
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)
  -- Whatever has a value has a hash, which is the smallest to read.
  and row_hash is not null`,
  purge_rejections: `delete from {{ rejections }}
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)`,
  purge_state: `delete from {{ state }}
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)`,
  refusals_again: `-- What a guard refuses has no next try: it is looked at in every run.
update {{ rejections }}
set attempts = attempts + 1, last_at = {{ now }}
where next_try_at is null`,
  refusals_gone: `-- A row that a guard refused leaves the list as soon as the source is right again.
-- One key of code, hash and id, because Snowflake evaluates correlated subqueries only where they compare for equality.
delete from {{ rejections }}
where next_try_at is null
  and code || ':' || row_hash || ':' || coalesce({{ id }}, '') not in (
    select upper(c.reason) || ':' || c.row_hash || ':' || coalesce(c.{{ id }}, '')
    from {{ changes }} as c
    where c.run_id = ? and {{ is_refused }}
  )`,
  refusals_new: `insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select
  c.{{ id }},
  upper(c.reason),
  c.property,
  case
    when c.reason = 'missing_id' then cast(count(*) as varchar) || ' source row(s) without an id were not sent'
    when c.reason = 'duplicate_id' then 'the id stands in several source rows; none of them was sent'
    when c.reason = 'control_character' then 'a control character other than tab and line break; the row was not sent'
    when c.reason = 'invalid_date' then 'a date or time outside the years 1 to 9999; the row was not sent'
    when c.reason = 'invalid_integer' then 'no number, or one of more than 20 digits before the point; the row was not sent'
    else 'more than {{ longest_text }} characters; the row was not sent'
  end,
  c.row_hash,
  1,
  {{ now }},
  {{ now }},
  null
from {{ changes }} as c
left join {{ rejections }} as r
  on r.next_try_at is null and r.code = upper(c.reason) and r.row_hash = c.row_hash and r.{{ id }} is not distinct from c.{{ id }}
where c.run_id = ?
  and {{ is_refused }}
  and r.code is null
group by c.{{ id }}, c.reason, c.property, c.row_hash`,
  rejections_due: `-- Other property definitions than those that rows were refused under: they are tried again at once.
update {{ rejections }}
set next_try_at = {{ now }}
where next_try_at > {{ now }} and {{ by_definition }}`,
  rejections_resolved: `-- What HubSpot refused once is no longer owed when the row is back at the acknowledged values, or gone and nothing is asked of its record, or
-- when the plan itself refuses what the row says now.
delete from {{ rejections }}
where next_try_at is not null
  and {{ id }} not in (
    select c.{{ id }}
    from {{ changes }} as c
    where c.run_id = ?
      and c.seq > 0
      and c.{{ id }} is not null
      and (
        c.operation <> 'skip'
        or c.reason not in ('unchanged', 'create_only', 'removed', 'taken_over') and not {{ has_unfit_value }}
      )
  )`,
  report_associations: `-- Associations by source id: all of one row, or those that HubSpot refused or that are in doubt.
select
  from_id,
  to_sync,
  to_id,
  label,
  operation,
  cast(in_doubt as varchar) as in_doubt,
  code,
  message,
  cast(attempts as varchar) as attempts,
  {{ acknowledged_at_text }} as acknowledged_at,
  {{ next_try_at_text }} as next_try_at,
  cast(count(*) over () as varchar) as total
from {{ associations }}
{%- if of_row %}
where from_id = ?
{%- else %}
where (code is not null or in_doubt) and (cast(? as varchar) is null or code = ?)
{%- endif %}
order by from_id, to_sync, label, to_id
limit {{ limit }}`,
  report_deferred: `-- Rows that the last settled run did not get to, and since when the first of them has waited, over how many runs it may be.
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
  and (t.in_doubt is null or not t.in_doubt)`,
  report_events: `-- What last became of each asset; a run records what it planned before it ends, so only ends are looked at, and no failures that say
-- nothing of how the asset is.
select asset_key, kind, run_id, occurred_at, metadata
from (
  select
    asset_key,
    kind,
    run_id,
    {{ occurred_at_text }} as occurred_at,
    {{ metadata_text }} as metadata,
    row_number() over (partition by asset_key order by {{ events }}.occurred_at desc) as place
  from {{ events }}
  where kind in ('materialized', 'incomplete', 'skipped') or kind = 'failed' and not {{ says_nothing }}
) as ends
where place = 1
order by asset_key`,
  report_rejection_codes: `-- The rows that HubSpot or a guard refuses, by reason; the most frequent first.
select
  code,
  property,
  cast(count(*) as varchar) as refused_rows,
  min({{ first_at_text }}) as first_at,
  max({{ last_at_text }}) as last_at,
  min({{ next_try_at_text }}) as next_try_at
from {{ rejections }}
where cast(? as varchar) is null or code = ?
group by code, property
order by count(*) desc, code, property
limit {{ limit }}`,
  report_rejections: `-- Refused rows, those that were refused last first.
select
  {{ id }} as id,
  code,
  property,
  message,
  cast(attempts as varchar) as attempts,
  {{ first_at_text }} as first_at,
  {{ last_at_text }} as last_at,
  {{ next_try_at_text }} as next_try_at
from {{ rejections }}
where cast(? as varchar) is null or code = ?
order by {{ rejections }}.last_at desc, code, id
limit {{ limit }}`,
  report_row_calls: `-- Every call that answered for a row, the newest first, and every attempt that began with it and has no end.
with planned as (
  select run_id, seq from {{ changes }} where {{ id }} = ? and operation <> 'skip'
),
entries as (
  select p.seq, j.*
  from planned as p
  join {{ journal }} as j on j.run_id = p.run_id and p.seq between j.first_seq and j.last_seq
),
calls as (
  select
    j.run_id,
    j.seq,
    j.attempt,
    j.batch_number,
    j.call_number,
    j.http_status,
    coalesce(j.sent_at, j.written_at) as happened_at,
    j.latency_ms,
    {{ result.outcome }} as outcome,
    {{ result.hubspot_id }} as hubspot_id,
    {{ result.code }} as code,
    {{ result.property }} as property,
    {{ result.message }} as message
  from entries as j
  cross join {{ results }}
  where j.kind = 'call' and {{ result.seq }} = cast(j.seq as varchar)
),
unended as (
  select
    s.run_id,
    s.seq,
    s.attempt,
    s.batch_number,
    null as call_number,
    null as http_status,
    s.written_at as happened_at,
    null as latency_ms,
    'no end' as outcome,
    null as hubspot_id,
    null as code,
    null as property,
    null as message
  from entries as s
  left join entries as e on e.attempt = s.attempt and e.kind = 'end' and e.seq = s.seq
  where s.kind = 'start' and e.attempt is null
)
select
  run_id,
  cast(seq as varchar) as seq,
  attempt,
  cast(batch_number as varchar) as batch_number,
  cast(call_number as varchar) as call_number,
  cast(http_status as varchar) as http_status,
  {{ happened_at_text }} as happened_at,
  cast(latency_ms as varchar) as latency_ms,
  outcome,
  hubspot_id,
  code,
  property,
  message
from (
  select * from calls
  union all
  select * from unended
) as attempts
order by attempts.happened_at desc, call_number desc
limit {{ limit }}`,
  report_row_changes: `-- The runs that did not find a row unchanged, the newest first.
select
  c.run_id,
  cast(c.seq as varchar) as seq,
  c.operation,
  c.reason,
  {{ payload_text }} as payload,
  {{ detected_at_text }} as detected_at,
  r.status,
  case when r.failure_recorded_at is null then 'no' else 'yes' end as failed
from {{ changes }} as c
left join {{ runs }} as r on r.run_id = c.run_id and r.sync = ?
where c.{{ id }} = ?
order by c.detected_at desc, c.seq desc
limit {{ limit }}`,
  report_row_rejections: `select
  code,
  property,
  message,
  row_hash,
  cast(attempts as varchar) as attempts,
  {{ first_at_text }} as first_at,
  {{ last_at_text }} as last_at,
  {{ next_try_at_text }} as next_try_at,
  case when next_try_at <= {{ now }} then 'no' else 'yes' end as waits
from {{ rejections }}
where {{ id }} = ?
order by {{ rejections }}.last_at desc
limit 20`,
  report_row_source: `-- What the source says of one id now; several rows when the id is not unique.
select
  {{ source_hash }} as row_hash
  {%- for column in columns %},
  {{ column.text }} as {{ column.alias }}
  {%- endfor %}
from {{ source }}
where {{ source_id }} = ?
limit 20`,
  report_row_state: `select
  hubspot_id,
  {{ payload_text }} as payload,
  row_hash,
  cast(in_doubt as varchar) as in_doubt,
  run_id,
  {{ acknowledged_at_text }} as acknowledged_at,
  {{ removed_at_text }} as removed_at,
  {{ resync_requested_at_text }} as resync_requested_at
from {{ state }}
where {{ id }} = ?`,
  report_row_suppressed: `select cast(count(*) as varchar) as listed
from (select {{ suppressed_id }} as id from {{ suppressions }}) as listed_ids
where listed_ids.id = ?`,
  report_runs: `-- The last runs of a sync, the newest first; dry runs, and those that ended before their plan and say nothing of how the sync is, would only
-- push the others out.
select
  run_id,
  job,
  status,
  message,
  plan_id,
  {{ params_text }} as params,
  {{ outcome_codes_text }} as outcome_codes,
  {{ started_at_text }} as started_at,
  {{ finished_at_text }} as finished_at,
  case when failure_recorded_at is null then 'no' else 'yes' end as failed,
  case when planned_at is not null and settled_at is null then 'yes' else 'no' end as unsettled,
  cast(rows_read as varchar) as rows_read,
  cast(unchanged as varchar) as unchanged,
  cast(to_create as varchar) as to_create,
  cast(to_update as varchar) as to_update,
  cast(to_archive as varchar) as to_archive,
  cast(to_clear as varchar) as to_clear,
  cast(skipped as varchar) as skipped,
  cast(refused as varchar) as refused,
  cast(removed as varchar) as removed,
  cast(acknowledged as varchar) as acknowledged,
  cast(rejected as varchar) as rejected,
  cast(deferred as varchar) as deferred,
  cast(unknown as varchar) as unknown,
  cast(calls as varchar) as calls,
  cast(rate_limited_calls as varchar) as rate_limited_calls,
  cast(latency_p50_ms as varchar) as latency_p50_ms,
  cast(latency_p95_ms as varchar) as latency_p95_ms
from {{ runs }}
where sync = ?
  and status <> 'dry_run'
  and (planned_at is not null or not {{ says_nothing }})
order by {{ runs }}.started_at desc
limit {{ limit }}`,
  report_status: `-- How a sync stands: what HubSpot has because of it, what is owed, and when it last came through whole.
select
  cast(s.acknowledged_rows as varchar) as acknowledged_rows,
  cast(s.in_doubt_rows as varchar) as in_doubt_rows,
  cast(s.resync_rows as varchar) as resync_rows,
  cast(s.removed_rows as varchar) as removed_rows,
  r.last_success_at,
  cast(r.last_success_age_ms as varchar) as last_success_age_ms
from (
  select
    count(case when row_hash is not null and removed_at is null then 1 end) as acknowledged_rows,
    count(case when in_doubt then 1 end) as in_doubt_rows,
    count(case when resync_requested_at is not null and removed_at is null then 1 end) as resync_rows,
    count(case when removed_at is not null then 1 end) as removed_rows
  from {{ state }}
) as s
cross join (
  select
    max({{ finished_at_text }}) as last_success_at,
    min({{ finished_age_ms }}) as last_success_age_ms
  from {{ runs }}
  where sync = ? and status = 'succeeded' and failure_recorded_at is null
) as r`,
  run_failure: `-- R10: hits a row once a run, so whoever hits it records and alerts.
update {{ runs }}
set failure_recorded_at = {{ now }}, message = coalesce(message, ?)
where run_id = ? and sync = ? and failure_recorded_at is null`,
  run_failure_known: `-- Whether a run of a sync is known or its failure was recorded; a run that failed before it began is known by its event only.
select cast(count(*) as varchar) as known
from (
  select run_id from {{ runs }} where run_id = ? and sync = ?
  union all
  select run_id from {{ events }} where run_id = ? and asset_key = ? and kind = 'failed'
) as known_runs`,
  run_finished: `update {{ runs }}
set finished_at = {{ now }}, status = ?, message = ?, plan_id = ?
where run_id = ? and sync = ?`,
  run_history: `-- What the runs of a sync left behind: entries that no run folded, runs that planned changes and never settled (R9), whether HubSpot ever
-- acknowledged a row, and whether rows wait that a run did not get to.
select
  (select cast(count(*) as varchar) from {{ journal }} where folded_at is null and run_id <> ?) as unfolded_entries,
  cast(count(case when run_id <> ? and planned_at is not null and settled_at is null then 1 end) as varchar) as unsettled_runs,
  cast(count(case when acknowledged > 0 then 1 end) as varchar) as acknowledging_runs,
  cast(count(case when deferred > 0 then 1 end) as varchar) as deferring_runs
from {{ runs }}
where sync = ?`,
  run_planned: `-- R2: the plan's mark; a copy of the step that finds it changes nothing.
update {{ runs }}
set planned_at = {{ now }},
    status = 'running',
    plan_id = ?,
    rows_read = cast(? as {{ type.integer }}),
    unchanged = cast(? as {{ type.integer }}),
    to_create = cast(? as {{ type.integer }}),
    to_update = cast(? as {{ type.integer }}),
    to_archive = cast(? as {{ type.integer }}),
    to_clear = cast(? as {{ type.integer }}),
    skipped = cast(? as {{ type.integer }}),
    refused = cast(? as {{ type.integer }}),
    removed = cast(? as {{ type.integer }})
where run_id = ? and sync = ?`,
  run_read: `select
  run_id, sync, job, status, message, plan_id, {{ params_text }} as params,
  cast(planned_at as varchar) as planned_at,
  cast(settled_at as varchar) as settled_at,
  cast(failure_recorded_at as varchar) as failure_recorded_at,
  cast(rows_read as varchar) as rows_read,
  cast(unchanged as varchar) as unchanged,
  cast(to_create as varchar) as to_create,
  cast(to_update as varchar) as to_update,
  cast(coalesce(to_archive, 0) as varchar) as to_archive,
  cast(coalesce(to_clear, 0) as varchar) as to_clear,
  cast(skipped as varchar) as skipped,
  cast(refused as varchar) as refused,
  cast(removed as varchar) as removed,
  cast(acknowledged as varchar) as acknowledged,
  cast(rejected as varchar) as rejected,
  cast(deferred as varchar) as deferred,
  cast(unknown as varchar) as unknown,
  cast(calls as varchar) as calls,
  cast(rate_limited_calls as varchar) as rate_limited_calls,
  cast(latency_p50_ms as varchar) as latency_p50_ms,
  cast(latency_p95_ms as varchar) as latency_p95_ms,
  cast(latency_max_ms as varchar) as latency_max_ms
from {{ runs }}
where run_id = ? and sync = ?`,
  run_report_codes: `-- Why changes are not acknowledged: how many rows a run, an outcome, a code and a property, and one of the rows.
select
  run_id,
  outcome,
  code,
  property,
  cast(count(*) as varchar) as outcome_rows,
  min({{ id }}) as example_id
from {{ fold }}
where fold_id = ? and outcome not in ('acknowledged', 'late')
group by run_id, outcome, code, property
order by run_id, count(*) desc, outcome, code, property`,
  run_report_operations: `-- A plan's changes by operation and by how many rows of that length a call takes.
select
  operation,
  cast(rows_of_call as varchar) as rows_of_call,
  cast(count(*) as varchar) as operation_rows
from (
  select
    operation,
    cast(
      least({{ batch_size }}, greatest(1, floor(
        {{ most_bytes }} * 8 / ({{ row_bytes }} * 8 + bit_length({{ id }}) + greatest(bit_length({{ payload_text }}), bit_length({{ desired_text }})))
      ))) as {{ type.integer }}
    ) as rows_of_call
  from {{ changes }}
  where run_id = ? and operation not in ('skip', 'plan')
) as sized
group by operation, rows_of_call
order by operation, rows_of_call desc`,
  run_report_read: `select
  cast(latency_p99_ms as varchar) as latency_p99_ms,
  cast(pushing_ms as varchar) as pushing_ms,
  cast(permitted_calls as varchar) as permitted_calls,
  {{ latency_histogram_text }} as latency_histogram,
  {{ outcome_codes_text }} as outcome_codes
from {{ runs }}
where run_id = ? and sync = ?`,
  run_report_refusals: `-- The source rows that a plan refuses, by reason; the most frequent first.
select upper(reason) as code, property, cast(count(*) as varchar) as refused_rows
from {{ changes }} as c
where run_id = ? and {{ is_refused }}
group by reason, property
order by count(*) desc, reason, property`,
  run_report_sample: `-- Some of a plan's changes, spread over the operations: the first of each, then the second of each, and so on.
select
  cast(seq as varchar) as seq,
  {{ id }} as id,
  operation,
  reason,
  hubspot_id,
  {{ payload_text }} as payload
from (
  select c.*, row_number() over (partition by operation order by seq) as place
  from {{ changes }} as c
  where run_id = ? and operation not in ('skip', 'plan')
) as placed
order by place, operation
limit {{ sample_rows }}`,
  run_settled: `update {{ runs }}
set settled_at = {{ now }},
    finished_at = {{ now }},
    status = ?,
    message = ?,
    acknowledged = cast(? as {{ type.integer }}),
    rejected = cast(? as {{ type.integer }}),
    deferred = cast(? as {{ type.integer }}),
    unknown = cast(? as {{ type.integer }}),
    calls = cast(? as {{ type.integer }}),
    rate_limited_calls = cast(? as {{ type.integer }}),
    latency_p50_ms = cast(? as {{ type.integer }}),
    latency_p95_ms = cast(? as {{ type.integer }}),
    latency_max_ms = cast(? as {{ type.integer }}),
    latency_p99_ms = cast(? as {{ type.integer }}),
    pushing_ms = cast(? as {{ type.integer }}),
    permitted_calls = cast(? as {{ type.integer }}),
    latency_histogram = {{ latency_histogram }},
    outcome_codes = {{ outcome_codes }}
where run_id = ? and sync = ?`,
  run_standing: `-- How a run of a sync stands. The time of one that has failed ends with its failure, that of another one goes on.
select
  status,
  message,
  case when failure_recorded_at is null then 'no' else 'yes' end as failed,
  {{ started_at_text }} as started_at,
  cast({{ run_ms }} as varchar) as run_ms
from {{ runs }}
where run_id = ? and sync = ?`,
  run_start: `insert into {{ runs }} (run_id, sync, job, params, status, code_version, started_at)
select cast(? as varchar), cast(? as varchar), cast(? as varchar), {{ params }}, 'running', cast(? as varchar), {{ now }}
where not exists (select 1 from {{ runs }} where run_id = ? and sync = ?)`,
  run_unsettled: `-- R9: runs that planned changes and were never settled.
select run_id, cast(planned_at as varchar) as planned_at
from {{ runs }}
where sync = ? and run_id <> ? and planned_at is not null and settled_at is null
order by planned_at`,
  source_columns: `select column_name, data_type, cast(numeric_scale as varchar) as numeric_scale
from information_schema.columns
where {{ schema_is }} and {{ table_is }}
order by ordinal_position`,
  source_options: `-- Texts that are to become options of HubSpot and are none as they are, with the number of rows that have each; the most frequent first.
{%- for column in columns %}
{%- unless forloop.first %}
union all
{%- endunless %}
select {{ column.property }} as property, value, cast(row_count as varchar) as row_count
from (
  select {{ column.text }} as value, count(*) as row_count
  from {{ rows }}
  group by 1
  having {{ column.text }} not in ({{ column.options }})
  order by row_count desc, value
  limit {{ most }}
) as counted_{{ column.alias }}
{%- endfor %}`,
  state_purged: `-- How many runs had rows acknowledged since a purge left the state as it is now.
select cast(count(*) as varchar) as acknowledging_runs
from {{ runs }} as r
cross join (select {{ version }} as data_version from {{ state }}) as present
left join {{ events }} as e
  on e.asset_key = r.sync and e.kind = 'purged' and e.data_version = present.data_version and e.occurred_at >= r.settled_at
where r.sync = ? and r.acknowledged > 0 and e.run_id is null`,
  state_refresh: `-- Rows whose hash differs but that are not sent. What is left alone on purpose keeps the values that HubSpot acknowledged.
update {{ state }}
set payload = case when c.reason = 'unchanged' then c.desired else {{ state }}.payload end,
    row_hash = c.row_hash,
    run_id = c.run_id,
    removed_at = null,
    resync_requested_at = null
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason in ('unchanged', 'create_only') and {{ state }}.{{ id }} = c.{{ id }}`,
  state_removed: `-- Rows that left the source and whose records are left are remembered, so that the guard counts only those that leave now.
update {{ state }}
set removed_at = {{ now }}
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason in ('removed', 'taken_over') and {{ state }}.{{ id }} = c.{{ id }}`,
  state_resync: `-- A resync that does not finish goes on in later runs: what was asked for again is due until HubSpot acknowledges it, and so is a row that waits
-- or is refused in this one.
update {{ state }}
set resync_requested_at = {{ now }}
where {{ id }} in (
  select {{ id }} from {{ changes }} where run_id = ? and (reason in ('resync', 'waiting') or {{ is_refused }})
)`,
  state_version: `select {{ version }} as data_version from {{ state }}`,
  suppressed_ids: `-- Common to the statements that leave suppressed rows out: the ids of the list, and those of rows that the source does not have and whose
-- records rows of the list have.
listed_ids as {{ materialized }} (
  select distinct {{ suppressed_id }} as id from {{ suppressions }}
),
suppressed as {{ materialized }} (
  select id from listed_ids where id is not null
  union
  select t.{{ id }} as id
  from {{ state }} as t
  join {{ state }} as holder on holder.hubspot_id = t.hubspot_id
  join listed_ids on listed_ids.id = holder.{{ id }}
  left join (select {{ source_id }} as id from {{ source }}) as present on present.id = t.{{ id }}
  where present.id is null
)`,
  suppressions_emptied: `-- How many rows the last plan that went through left out for a list that has no id now; 0 for a list that has one.
select cast(count(*) as varchar) as lifted
from {{ changes }}
where reason = 'suppressed'
  and run_id = (
    select run_id
    from {{ runs }}
    where sync = ? and run_id <> ? and planned_at is not null and status not in ('held', 'dry_run')
    order by planned_at desc
    limit 1
  )
  and not exists (select 1 from {{ suppressions }} where {{ suppressed_id }} is not null)`,
  suppressions_new: `-- How many ids are suppressed, and what the state still has of them: all rows, and those that it knows from an acknowledgement and that had
-- not left the source before.
with {% include "suppressed_ids" %}
select
  cast(suppressed_size.n as varchar) as ids,
  cast(state_size.found as varchar) as state_rows,
  cast(state_size.known as varchar) as known,
  cast(state_size.known_found as varchar) as known_suppressed
from (select count(*) as n from suppressed) as suppressed_size
cross join (
  select
    count(suppressed.id) as found,
    count(case when t.row_hash is not null and t.removed_at is null then 1 end) as known,
    count(case when t.row_hash is not null and t.removed_at is null then suppressed.id end) as known_found
  from {{ state }} as t
  left join suppressed on suppressed.id = t.{{ id }}
) as state_size`,
} as const;
