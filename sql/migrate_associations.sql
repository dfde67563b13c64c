-- One row for every association that HubSpot holds because of this sync, may hold, or refused.
create table if not exists {{ associations }} (
  association_id {{ type.text }} not null,
  to_sync {{ type.text }} not null,
  to_object_type {{ type.text }} not null,
  label {{ type.text }} not null,
  from_id {{ type.text }} not null,
  to_id {{ type.text }} not null,
  from_hubspot_id {{ type.text }} not null,
  to_hubspot_id {{ type.text }} not null,
  category {{ type.text }},
  type_id {{ type.text }},
  operation {{ type.text }},
  seq {{ type.integer }},
  in_doubt {{ type.boolean }} not null,
  run_id {{ type.text }} not null,
  sent_at {{ type.timestamp }},
  acknowledged_at {{ type.timestamp }},
  code {{ type.text }},
  message {{ type.text }},
  attempts {{ type.integer }} not null,
  next_try_at {{ type.timestamp }}
)
