update {{ alerts }}
set tried_at = null
where sync = ? and alert = ? and notified_at is null
