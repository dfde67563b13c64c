-- One row for every source row that a run did not find unchanged, and the run's plan itself (seq 0).
create table if not exists {{ changes }} (
  run_id {{ type.text }} not null,
  seq {{ type.integer }} not null,
  {{ id }} {{ type.text }},
  operation {{ type.text }} not null,
  reason {{ type.text }},
  property {{ type.text }},
  hubspot_id {{ type.text }},
  known {{ type.boolean }},
  payload {{ type.json }},
  desired {{ type.json }},
  kept {{ type.json }},
  row_hash {{ type.text }},
  detected_at {{ type.timestamp }} not null
)
