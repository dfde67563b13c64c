-- The source rows that a plan refuses, by reason; the most frequent first.
select upper(reason) as code, property, cast(count(*) as varchar) as refused_rows
from {{ changes }} as c
where run_id = ? and {{ is_refused }}
group by reason, property
order by count(*) desc, reason, property
