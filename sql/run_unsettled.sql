-- R9: runs that planned changes and were never settled.
select run_id, cast(planned_at as varchar) as planned_at
from {{ runs }}
where sync = ? and run_id <> ? and planned_at is not null and settled_at is null
order by planned_at
