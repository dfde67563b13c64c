-- All entries come as one bound JSON array, because an INSERT costs the same for one row and for a hundred.
insert into {{ journal }}
  (entry_id, run_id, token, batch_number, attempt, kind, call_number, first_seq, last_seq,
   http_status, sent_at, latency_ms, acknowledged, rejected, unknown, results, written_at)
select
  {{ entry.entry_id }},
  {{ entry.run_id }},
  cast({{ entry.token }} as {{ type.integer }}),
  cast({{ entry.batch_number }} as {{ type.integer }}),
  {{ entry.attempt }},
  {{ entry.kind }},
  cast({{ entry.call_number }} as {{ type.integer }}),
  cast({{ entry.first_seq }} as {{ type.integer }}),
  cast({{ entry.last_seq }} as {{ type.integer }}),
  cast({{ entry.http_status }} as {{ type.integer }}),
  cast({{ entry.sent_at }} as {{ type.timestamp }}),
  cast({{ entry.latency_ms }} as {{ type.integer }}),
  cast({{ entry.acknowledged }} as {{ type.integer }}),
  cast({{ entry.rejected }} as {{ type.integer }}),
  cast({{ entry.unknown }} as {{ type.integer }}),
  {{ entry.results }},
  {{ now }}
from {{ entries }}
