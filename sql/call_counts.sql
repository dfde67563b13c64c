select
  cast(count(*) as varchar) as calls,
  cast(count(case when http_status = 429 then 1 end) as varchar) as rate_limited_calls,
  cast(cast(round({{ p50 }}) as {{ type.integer }}) as varchar) as latency_p50_ms,
  cast(cast(round({{ p95 }}) as {{ type.integer }}) as varchar) as latency_p95_ms,
  cast(max(latency_ms) as varchar) as latency_max_ms
from {{ journal }}
where run_id = ? and kind = 'call'
