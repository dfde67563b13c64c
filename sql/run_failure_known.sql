-- Whether a run of a sync is known or its failure was recorded; a run that failed before it began is known by its event only.
select cast(count(*) as varchar) as known
from (
  select run_id from {{ runs }} where run_id = ? and sync = ?
  union all
  select run_id from {{ events }} where run_id = ? and asset_key = ? and kind = 'failed'
) as known_runs
