update {{ runs }}
set finished_at = {{ now }}, status = ?, message = ?, plan_id = ?
where run_id = ? and sync = ?
