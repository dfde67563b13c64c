-- What each attempt at a batch did; only folded_at and folded_by are ever written again, by settle.
create table if not exists {{ journal }} (
  entry_id {{ type.text }} not null,
  run_id {{ type.text }} not null,
  token {{ type.integer }} not null,
  batch_number {{ type.integer }} not null,
  attempt {{ type.text }} not null,
  kind {{ type.text }} not null,
  call_number {{ type.integer }},
  first_seq {{ type.integer }} not null,
  last_seq {{ type.integer }} not null,
  http_status {{ type.integer }},
  sent_at {{ type.timestamp }},
  latency_ms {{ type.integer }},
  acknowledged {{ type.integer }},
  rejected {{ type.integer }},
  unknown {{ type.integer }},
  results {{ type.json }},
  written_at {{ type.timestamp }} not null,
  folded_at {{ type.timestamp }},
  folded_by {{ type.text }}
)
