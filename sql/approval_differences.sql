-- What differs between two plans: rows that joined, rows that left and rows that would be sent otherwise, with a few of each.
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
order by difference, operation, id
