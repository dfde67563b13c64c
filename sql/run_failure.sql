-- R10: hits a row once a run, so whoever hits it records and alerts.
update {{ runs }}
set failure_recorded_at = {{ now }}, message = coalesce(message, ?)
where run_id = ? and sync = ? and failure_recorded_at is null
