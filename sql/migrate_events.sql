-- What happened to each asset; append only.
create table if not exists {{ events }} (
  run_id {{ type.text }} not null,
  asset_key {{ type.text }} not null,
  kind {{ type.text }} not null,
  occurred_at {{ type.timestamp }} not null,
  code_version {{ type.text }},
  data_version {{ type.text }},
  metadata {{ type.json }}
)
