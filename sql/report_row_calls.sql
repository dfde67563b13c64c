-- Every call that answered for a row, the newest first, and every attempt that began with it and has no end.
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
limit {{ limit }}
