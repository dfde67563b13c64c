-- The runs that did not find a row unchanged, the newest first.
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
limit {{ limit }}
