-- Common to every statement of a fold: what the chosen entries say about each change.
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
)
