-- R2: the plan's mark; a copy of the step that finds it changes nothing.
update {{ runs }}
set planned_at = {{ now }},
    status = 'running',
    plan_id = ?,
    rows_read = cast(? as {{ type.integer }}),
    unchanged = cast(? as {{ type.integer }}),
    to_create = cast(? as {{ type.integer }}),
    to_update = cast(? as {{ type.integer }}),
    to_archive = cast(? as {{ type.integer }}),
    to_clear = cast(? as {{ type.integer }}),
    skipped = cast(? as {{ type.integer }}),
    refused = cast(? as {{ type.integer }}),
    removed = cast(? as {{ type.integer }})
where run_id = ? and sync = ?
