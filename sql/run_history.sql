select cast(count(*) as varchar) as settled_runs
from {{ runs }}
where sync = ? and acknowledged > 0
