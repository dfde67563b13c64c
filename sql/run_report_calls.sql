-- How long a run's requests took and the run pushed; workers note the time of sending on clocks of their own.
select
  cast(count(*) as varchar) as calls,
  cast(cast(round({{ p99 }}) as {{ type.integer }}) as varchar) as latency_p99_ms,
  cast({{ pushing_ms }} as varchar) as pushing_ms
  {%- for bucket in buckets %},
  cast(count(case when latency_ms > {{ bucket.over }}{{ bucket.limit }} then 1 end) as varchar) as {{ bucket.column }}
  {%- endfor %}
from {{ journal }}
where run_id = ? and kind = 'call'
