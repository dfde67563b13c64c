-- The source rows that HubSpot or a guard refused and that have not gone through since.
create table if not exists {{ rejections }} (
  {{ id }} {{ type.text }},
  code {{ type.text }} not null,
  property {{ type.text }},
  message {{ type.text }} not null,
  row_hash {{ type.text }},
  attempts {{ type.integer }} not null,
  first_at {{ type.timestamp }} not null,
  last_at {{ type.timestamp }} not null,
  next_try_at {{ type.timestamp }}
)
