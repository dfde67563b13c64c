insert into {{ alerts }} (sync, alert, state, since, run_id, reason, notified_at, tried_at)
select cast(? as {{ type.text }}), cast(? as {{ type.text }}), 'over', {{ now }}, null, null, {{ now }}, null
where not exists (select 1 from {{ alerts }} where sync = ? and alert = ?)
