update {{ runs }}
set latency_p99_ms = cast(? as {{ type.integer }}),
    pushing_ms = cast(? as {{ type.integer }}),
    permitted_calls = cast(? as {{ type.integer }}),
    latency_histogram = {{ latency_histogram }},
    outcome_codes = {{ outcome_codes }}
where run_id = ? and sync = ?
