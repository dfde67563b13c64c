select
  cast(latency_p99_ms as varchar) as latency_p99_ms,
  cast(pushing_ms as varchar) as pushing_ms,
  cast(permitted_calls as varchar) as permitted_calls,
  {{ latency_histogram_text }} as latency_histogram,
  {{ outcome_codes_text }} as outcome_codes
from {{ runs }}
where run_id = ? and sync = ?
