update {{ alerts }}
set tried_at = {{ now }}
where sync = ? and alert = ? and notified_at is null and (tried_at is null or tried_at < {{ given_up }})
