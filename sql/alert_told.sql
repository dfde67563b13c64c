-- A state that changed again while its message was sent has another message to send.
update {{ alerts }}
set notified_at = {{ now }}, tried_at = null
where sync = ? and alert = ? and state = ? and tried_at is not null
