-- What last became of each asset; a run records what it planned before it ends, so only ends are looked at, and no failures that say
-- nothing of how the asset is.
select asset_key, kind, run_id, occurred_at, metadata
from (
  select
    asset_key,
    kind,
    run_id,
    {{ occurred_at_text }} as occurred_at,
    {{ metadata_text }} as metadata,
    row_number() over (partition by asset_key order by {{ events }}.occurred_at desc) as place
  from {{ events }}
  where kind in ('materialized', 'incomplete', 'skipped') or kind = 'failed' and not {{ says_nothing }}
) as ends
where place = 1
order by asset_key
