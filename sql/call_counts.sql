-- How many requests a run made, how long they took and how long the run pushed; workers note the time of sending on clocks of their own.
select
  cast(count(*) as varchar) as calls,
  cast(count(case when http_status = 429 then 1 end) as varchar) as rate_limited_calls,
  cast(cast(round({{ p50 }}) as {{ type.integer }}) as varchar) as latency_p50_ms,
  cast(cast(round({{ p95 }}) as {{ type.integer }}) as varchar) as latency_p95_ms,
  cast(cast(round({{ p99 }}) as {{ type.integer }}) as varchar) as latency_p99_ms,
  cast(max(latency_ms) as varchar) as latency_max_ms,
  cast({{ pushing_ms }} as varchar) as pushing_ms
  {%- for bucket in buckets %},
  cast(count(case when latency_ms > {{ bucket.over }}{{ bucket.limit }} then 1 end) as varchar) as {{ bucket.column }}
  {%- endfor %}
from {{ journal }}
where run_id = ? and kind = 'call'
