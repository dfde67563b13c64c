update {{ runs }}
set settled_at = {{ now }},
    finished_at = {{ now }},
    status = ?,
    message = ?,
    acknowledged = cast(? as {{ type.integer }}),
    rejected = cast(? as {{ type.integer }}),
    deferred = cast(? as {{ type.integer }}),
    unknown = cast(? as {{ type.integer }}),
    calls = cast(? as {{ type.integer }}),
    rate_limited_calls = cast(? as {{ type.integer }}),
    latency_p50_ms = cast(? as {{ type.integer }}),
    latency_p95_ms = cast(? as {{ type.integer }}),
    latency_max_ms = cast(? as {{ type.integer }})
where run_id = ? and sync = ?
