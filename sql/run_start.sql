insert into {{ runs }} (run_id, sync, job, params, status, code_version, started_at)
select cast(? as varchar), cast(? as varchar), cast(? as varchar), {{ params }}, 'running', cast(? as varchar), {{ now }}
where not exists (select 1 from {{ runs }} where run_id = ? and sync = ?)
