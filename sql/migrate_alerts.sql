-- One row an alert of a sync: whether it is raised, since when and by which run, and when somebody was told (null: not yet).
create table if not exists {{ alerts }} (
  sync {{ type.text }} not null,
  alert {{ type.text }} not null,
  state {{ type.text }} not null,
  since {{ type.timestamp }} not null,
  run_id {{ type.text }},
  reason {{ type.text }},
  notified_at {{ type.timestamp }},
  tried_at {{ type.timestamp }}
)
