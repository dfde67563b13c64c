-- What the chosen entries say about each change, once for all statements of a fold: one row for every change of a run that is not settled,
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
where c.operation not in ('skip', 'plan')
