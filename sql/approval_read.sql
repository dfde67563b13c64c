select run_id, status, cast(approval_used_at as varchar) as approval_used_at
from {{ runs }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run')
order by started_at desc
