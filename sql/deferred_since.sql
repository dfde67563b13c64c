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
)
