-- Working table of settle: what the entries of a fold say about each change. Empty between two folds.
create table if not exists {{ fold }} (
  fold_id {{ type.text }} not null,
  run_id {{ type.text }} not null,
  seq {{ type.integer }} not null,
  {{ id }} {{ type.text }},
  operation {{ type.text }} not null,
  reason {{ type.text }},
  row_hash {{ type.text }},
  outcome {{ type.text }} not null,
  in_doubt {{ type.boolean }} not null,
  hubspot_id {{ type.text }},
  code {{ type.text }},
  property {{ type.text }},
  message {{ type.text }}
)
