-- What HubSpot last acknowledged, one row a source row.
create table if not exists {{ state }} (
  {{ id }} {{ type.sparse_text }} not null,
  hubspot_id {{ type.sparse_text }},
  payload {{ type.sparse_json }},
  row_hash {{ type.sparse_text }},
  in_doubt {{ type.boolean }} not null,
  run_id {{ type.text }} not null,
  acknowledged_at {{ type.timestamp }},
  removed_at {{ type.timestamp }},
  resync_requested_at {{ type.timestamp }}
)
