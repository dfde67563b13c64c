// Written by npm run build from sql/; do not edit.
export const SQL = {
  approval_read: `select run_id, status, cast(approval_used_at as varchar) as approval_used_at
from {{ runs }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run')
order by started_at desc`,
  approval_use: `update {{ runs }}
set approval_used_at = {{ now }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run') and approval_used_at is null`,
  call_counts: `select
  cast(count(*) as varchar) as calls,
  cast(count(case when http_status = 429 then 1 end) as varchar) as rate_limited_calls,
  cast(cast(round({{ p50 }}) as {{ type.integer }}) as varchar) as latency_p50_ms,
  cast(cast(round({{ p95 }}) as {{ type.integer }}) as varchar) as latency_p95_ms,
  cast(max(latency_ms) as varchar) as latency_max_ms
from {{ journal }}
where run_id = ? and kind = 'call'`,
  changes_page: `select
  cast(seq as varchar) as seq,
  {{ id }} as id,
  operation,
  hubspot_id,
  cast(known as varchar) as known,
  {{ payload_text }} as payload,
  {{ desired_text }} as desired,
  {{ kept_text }} as kept
from {{ changes }}
where run_id = ?
  and seq between cast(? as {{ type.integer }}) and cast(? as {{ type.integer }})
  and operation <> 'skip'
order by {{ changes }}.seq`,
  dbt_project_cancel: `select system$cancel_query(?) as answer`,
  dbt_project_copy: `-- Snowflake does not let the files be read where they are.
copy files into {{ folder }} from {{ location }} files = ('target/run_results.json', 'target/manifest.json')`,
  dbt_project_execute: `execute dbt project {{ project }} args = {{ args }}{{ dbt_version }} /* {{ key }} */`,
  dbt_project_find: `-- Executions that a key marks, the newest first; a key that nobody used finds nothing.
select query_id, execution_status
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
  fold_acknowledged: `-- Acknowledged rows take the values that were sent (R4), which ends their doubt (R6).
update {{ state }}
set hubspot_id = coalesce(a.hubspot_id, {{ state }}.hubspot_id),
    payload = a.desired,
    row_hash = a.row_hash,
    in_doubt = false,
    run_id = a.run_id,
    acknowledged_at = {{ now }},
    removed_at = null
from (
  with {% include "fold_outcomes" %}
  select c.{{ id }} as id, c.run_id, c.desired, c.row_hash, d.hubspot_id
  from decided as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
  where d.acknowledged and not d.rejected
) as a
where {{ state }}.{{ id }} = a.id`,
  fold_acknowledged_new: `insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, d.hubspot_id, c.desired, c.row_hash, false, c.run_id, {{ now }}
from decided as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ state }} as t on t.{{ id }} = c.{{ id }}
where d.acknowledged and not d.rejected and t.{{ id }} is null`,
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
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} in (
    with {% include "fold_outcomes" %}
    select c.{{ id }}
    from decided as d
    join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
    where d.acknowledged and not d.rejected
  )`,
  fold_counts: `with {% include "fold_outcomes" %},
planned as (
  select
    c.run_id,
    case
      when d.acknowledged and not d.rejected then 'acknowledged'
      when d.rejected and not d.acknowledged then 'rejected'
      when q.seq is not null then 'unknown'
      else 'deferred'
    end as outcome
  from {{ changes }} as c
  join {{ runs }} as r on r.run_id = c.run_id and r.settled_at is null
  join fold on r.sync = fold.sync
  left join decided as d on d.run_id = c.run_id and d.seq = c.seq
  left join doubtful as q on q.run_id = c.run_id and q.seq = c.seq
  where c.operation not in ('skip', 'plan')
)
select
  run_id,
  cast(count(*) as varchar) as planned,
  cast(count(case when outcome = 'acknowledged' then 1 end) as varchar) as acknowledged,
  cast(count(case when outcome = 'rejected' then 1 end) as varchar) as rejected,
  cast(count(case when outcome = 'deferred' then 1 end) as varchar) as deferred,
  cast(count(case when outcome = 'unknown' then 1 end) as varchar) as unknown
from planned
group by run_id`,
  fold_doubtful: `update {{ state }}
set in_doubt = true
from (
  with {% include "fold_outcomes" %}
  select distinct c.{{ id }} as id
  from doubtful as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
) as doubt
where {{ state }}.{{ id }} = doubt.id`,
  fold_doubtful_new: `-- A row that may have been created without our knowing of it is remembered, too.
insert into {{ state }} ({{ id }}, hubspot_id, payload, row_hash, in_doubt, run_id, acknowledged_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, null, null, null, true, max(c.run_id), null
from doubtful as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ state }} as t on t.{{ id }} = c.{{ id }}
where t.{{ id }} is null
group by c.{{ id }}`,
  fold_mark: `-- Chooses exactly the entries that this settle folds; what arrives later is left for the next one.
update {{ journal }}
set folded_at = {{ now }}, folded_by = ?
where folded_at is null and run_id <> ?`,
  fold_outcomes: `-- Common to every statement of a fold: what the chosen entries say about each change.
-- An entry of a run that was settled before, or of which there is no record, is late: its rows come in doubt, whatever it says (R4).
fold as (
  select cast(? as varchar) as folded_by, cast(? as varchar) as sync
),
folded as (
  select j.*, r.run_id is null or r.settled_at is not null as late
  from {{ journal }} as j
  join fold on j.folded_by = fold.folded_by
  left join {{ runs }} as r on r.run_id = j.run_id and r.sync = fold.sync
),
entry_outcomes as (
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
),
told as (
  select
    run_id,
    seq,
    count(case when outcome = 'acknowledged' then 1 end) > 0 as acknowledged,
    count(case when outcome = 'rejected' then 1 end) > 0 as rejected,
    count(case when outcome = 'unknown' then 1 end) > 0 as unknown,
    count(case when code = 'VALUE_NOT_TAKEN' then 1 end) > 0 as taken_in_part,
    max(hubspot_id) as hubspot_id,
    max(case when outcome = 'rejected' then code end) as code,
    max(case when outcome = 'rejected' then property end) as property,
    max(case when outcome = 'rejected' then message end) as message
  from entry_outcomes
  group by run_id, seq
),
-- Two source rows that HubSpot answers for with one record would overwrite each other: none of them counts as acknowledged.
record_holders as (
  select hubspot_id, {{ id }} as id
  from {{ state }}
  where removed_at is null and hubspot_id in (select hubspot_id from told where acknowledged and hubspot_id is not null)
  union
  select told.hubspot_id, c.{{ id }}
  from told
  join {{ changes }} as c on c.run_id = told.run_id and c.seq = told.seq
  where told.acknowledged and told.hubspot_id is not null
),
shared_records as (
  select hubspot_id from record_holders group by hubspot_id having count(*) > 1
),
decided as (
  select
    told.run_id,
    told.seq,
    told.acknowledged and shared_records.hubspot_id is null as acknowledged,
    told.rejected or shared_records.hubspot_id is not null as rejected,
    told.unknown or shared_records.hubspot_id is not null as unknown,
    told.taken_in_part,
    told.hubspot_id,
    case when shared_records.hubspot_id is null then told.code else 'SAME_RECORD' end as code,
    told.property,
    case
      when shared_records.hubspot_id is null then told.message
      else 'HubSpot keeps this row and another one in one record'
    end as message
  from told
  left join shared_records on told.acknowledged and shared_records.hubspot_id = told.hubspot_id
),
unfinished_attempts as (
  select s.run_id, s.first_seq, s.last_seq
  from folded as s
  where s.kind = 'start'
    and not s.late
    and not exists (
      select 1 from folded as e where e.attempt = s.attempt and e.kind = 'end'
    )
),
doubtful as (
  select run_id, seq
  from decided
  where (unknown and not acknowledged) or (acknowledged and rejected) or taken_in_part
  union
  select c.run_id, c.seq
  from {{ changes }} as c
  join unfinished_attempts as u on u.run_id = c.run_id and c.seq between u.first_seq and u.last_seq
  left join decided as d on d.run_id = c.run_id and d.seq = c.seq
  -- Only an acknowledgement says what an attempt that has no end left behind; a repetition may have been refused or deferred.
  where c.operation <> 'skip' and (d.seq is null or not d.acknowledged)
  union
  select c.run_id, c.seq
  from {{ changes }} as c
  join folded as l on l.late and l.kind in ('start', 'call') and l.run_id = c.run_id and c.seq between l.first_seq and l.last_seq
  where c.operation not in ('skip', 'plan')
)`,
  fold_rejected: `update {{ rejections }}
set code = n.code,
    property = n.property,
    message = n.message,
    attempts = case when {{ rejections }}.row_hash = n.row_hash then {{ rejections }}.attempts + 1 else 1 end,
    first_at = case when {{ rejections }}.row_hash = n.row_hash then {{ rejections }}.first_at else {{ now }} end,
    row_hash = n.row_hash,
    last_at = {{ now }},
    next_try_at = case when {{ rejections }}.row_hash = n.row_hash then {{ next_try_at }} else {{ first_retry_at }} end
from (
  with {% include "fold_outcomes" %}
  select c.{{ id }} as id, c.row_hash, d.code, d.property, d.message
  from decided as d
  join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
  where d.rejected and not d.acknowledged
) as n
where {{ rejections }}.{{ id }} = n.id and {{ rejections }}.code not in ('MISSING_ID', 'DUPLICATE_ID')`,
  fold_rejected_new: `insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
with {% include "fold_outcomes" %}
select c.{{ id }}, d.code, d.property, d.message, c.row_hash, 1, {{ now }}, {{ now }}, {{ first_retry_at }}
from decided as d
join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
left join {{ rejections }} as r on r.{{ id }} = c.{{ id }} and r.code not in ('MISSING_ID', 'DUPLICATE_ID')
where d.rejected and not d.acknowledged and r.{{ id }} is null`,
  fold_shared: `-- The row that held a shared record until now may have been overwritten: it is sent again.
update {{ state }}
set in_doubt = true
where hubspot_id in (
  with {% include "fold_outcomes" %}
  select hubspot_id from shared_records
)`,
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
  journal_decided: `-- The rows of a batch that an earlier attempt of this run got an answer for.
select distinct {{ result.seq }} as seq
from {{ journal }} as j
cross join {{ results }}
where j.run_id = ?
  and j.batch_number = cast(? as {{ type.integer }})
  and j.kind = 'call'
  and {{ result.outcome }} in ('acknowledged', 'rejected')`,
  journal_halted: `-- What another batch of this run learnt that is true of every batch: a daily limit, or a refusal whatever the row.
-- An answer of that kind decides no row, so only the few entries without a decision are unfolded.
select max({{ result.code }}) as code
from (
  select results
  from {{ journal }}
  where run_id = ?
    and kind = 'call'
    and acknowledged = 0
    and rejected = 0
    and unknown = 0
) as j
cross join {{ results }}
where {{ result.outcome }} = 'deferred'
  and ({{ result.code }} = 'DAILY' or {{ result.code }} like 'RETL_HUBSPOT_%')`,
  journal_started: `select cast(count(*) as varchar) as attempts
from {{ journal }}
where run_id = ? and batch_number = cast(? as {{ type.integer }}) and kind = 'start'`,
  journal_unfolded: `select cast(count(*) as varchar) as entries
from {{ journal }}
where folded_at is null and run_id <> ?`,
  lease_acquire: `-- R1: the same run keeps its token; another run takes over only what has expired, and with a higher token.
update {{ lease }}
set token = case when holder = ? then token else token + 1 end,
    holder = ?,
    expires_at = {{ expires_at }}
where holder is null or holder = ? or expires_at < {{ now }}`,
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
  migrate_changes: `-- One row for every source row that a run did not find unchanged, and the run's plan itself (seq 0).
create table if not exists {{ changes }} (
  run_id {{ type.text }} not null,
  seq {{ type.integer }} not null,
  {{ id }} {{ type.text }},
  operation {{ type.text }} not null,
  reason {{ type.text }},
  hubspot_id {{ type.text }},
  known {{ type.boolean }},
  payload {{ type.json }},
  desired {{ type.json }},
  kept {{ type.json }},
  row_hash {{ type.text }},
  detected_at {{ type.timestamp }} not null
)`,
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
  failure_recorded_at {{ type.timestamp }},
  started_at {{ type.timestamp }} not null,
  settled_at {{ type.timestamp }},
  finished_at {{ type.timestamp }}
)`,
  migrate_schema: `create schema if not exists {{ schema }}`,
  migrate_state: `-- What HubSpot last acknowledged, one row a source row.
create table if not exists {{ state }} (
  {{ id }} {{ type.text }} not null,
  hubspot_id {{ type.text }},
  payload {{ type.json }},
  row_hash {{ type.text }},
  in_doubt {{ type.boolean }} not null,
  run_id {{ type.text }} not null,
  acknowledged_at {{ type.timestamp }},
  removed_at {{ type.timestamp }}
)`,
  plan_changes: `-- Compares the source with the state and writes one row for every source row that is not unchanged, and as seq 0 the plan's counts.
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
cross join run`,
  plan_read: `select {{ counts_text }} as counts, row_hash as plan_hash
from {{ changes }}
where run_id = ? and seq = 0`,
  prune_changes: `delete from {{ changes }}
where run_id in (select run_id from {{ runs }} where sync = ? and settled_at < {{ cutoff }})`,
  prune_journal: `delete from {{ journal }}
where run_id in (select run_id from {{ runs }} where sync = ? and settled_at < {{ cutoff }})`,
  refusals_again: `update {{ rejections }}
set attempts = attempts + 1, last_at = {{ now }}
where code in ('MISSING_ID', 'DUPLICATE_ID')`,
  refusals_gone: `-- A row that a guard refused leaves the list as soon as the source is right again.
-- One key of code, hash and id, because Snowflake evaluates correlated subqueries only where they compare for equality.
delete from {{ rejections }}
where code in ('MISSING_ID', 'DUPLICATE_ID')
  and code || ':' || row_hash || ':' || coalesce({{ id }}, '') not in (
    select upper(c.reason) || ':' || c.row_hash || ':' || coalesce(c.{{ id }}, '')
    from {{ changes }} as c
    where c.run_id = ? and c.reason in ('missing_id', 'duplicate_id')
  )`,
  refusals_new: `insert into {{ rejections }}
  ({{ id }}, code, property, message, row_hash, attempts, first_at, last_at, next_try_at)
select
  c.{{ id }},
  upper(c.reason),
  null,
  case
    when c.reason = 'missing_id' then cast(count(*) as varchar) || ' source row(s) without an id were not sent'
    else 'the id stands in several source rows; none of them was sent'
  end,
  c.row_hash,
  1,
  {{ now }},
  {{ now }},
  null
from {{ changes }} as c
left join {{ rejections }} as r
  on r.code = upper(c.reason) and r.row_hash = c.row_hash and r.{{ id }} is not distinct from c.{{ id }}
where c.run_id = ?
  and c.reason in ('missing_id', 'duplicate_id')
  and r.code is null
group by c.{{ id }}, c.reason, c.row_hash`,
  rejections_resolved: `-- What HubSpot refused once is no longer owed when the row is gone from the source or back at the acknowledged values.
delete from {{ rejections }}
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} not in (
    select c.{{ id }}
    from {{ changes }} as c
    where c.run_id = ? and c.seq > 0 and c.reason not in ('unchanged', 'removed') and c.{{ id }} is not null
  )`,
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
  run_history: `select cast(count(*) as varchar) as settled_runs
from {{ runs }}
where sync = ? and acknowledged > 0`,
  run_planned: `-- R2: the plan's mark; a copy of the step that finds it changes nothing.
update {{ runs }}
set planned_at = {{ now }},
    plan_id = ?,
    rows_read = cast(? as {{ type.integer }}),
    unchanged = cast(? as {{ type.integer }}),
    to_create = cast(? as {{ type.integer }}),
    to_update = cast(? as {{ type.integer }}),
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
    latency_max_ms = cast(? as {{ type.integer }})
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
  state_refresh: `update {{ state }}
set payload = c.desired, row_hash = c.row_hash, run_id = c.run_id, removed_at = null
from {{ changes }} as c
where c.run_id = ? and c.operation = 'skip' and c.reason = 'unchanged' and {{ state }}.{{ id }} = c.{{ id }}`,
  state_removed: `-- Rows that left the source are remembered, so that the guard counts only those that leave now.
update {{ state }}
set removed_at = {{ now }}
from {{ changes }} as c
where c.run_id = ? and c.reason = 'removed' and {{ state }}.{{ id }} = c.{{ id }}`,
  state_resync: `-- A resync that does not finish goes on in the next run: what is in doubt is due until HubSpot acknowledges it.
update {{ state }}
set in_doubt = true
from {{ changes }} as c
where c.run_id = ? and c.reason = 'resync' and {{ state }}.{{ id }} = c.{{ id }}`,
  state_size: `select cast(count(*) as varchar) as state_rows from {{ state }}`,
  state_version: `select {{ version }} as data_version from {{ state }}`,
} as const;
