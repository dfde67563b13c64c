update {{ runs }}
set approval_used_at = {{ now }}
where sync = ? and plan_id = ? and status in ('held', 'dry_run') and approval_used_at is null
