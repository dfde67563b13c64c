-- Hits a row only where the state changes, so that each change is told once.
update {{ alerts }}
set state = ?, since = {{ now }}, run_id = ?, reason = coalesce(cast(? as {{ type.text }}), reason), notified_at = null, tried_at = null
where sync = ? and alert = ? and state <> ?
