-- One row: which run may write, until when, and before when nothing may be sent.
create table if not exists {{ lease }} (
  sync {{ type.text }} not null,
  destination {{ type.text }} not null,
  holder {{ type.text }},
  token {{ type.integer }} not null,
  expires_at {{ type.timestamp }} not null,
  not_before {{ type.timestamp }}
)
