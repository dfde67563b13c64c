insert into {{ events }} (run_id, asset_key, kind, occurred_at, code_version, data_version, metadata)
select
  {{ event.run_id }},
  {{ event.asset_key }},
  {{ event.kind }},
  {{ now }},
  {{ event.code_version }},
  {{ event.data_version }},
  {{ event.metadata }}
from {{ records }}
