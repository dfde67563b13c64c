-- How many runs had rows acknowledged since a purge left the state as it is now.
select cast(count(*) as varchar) as acknowledging_runs
from {{ runs }} as r
cross join (select {{ version }} as data_version from {{ state }}) as present
left join {{ events }} as e
  on e.asset_key = r.sync and e.kind = 'purged' and e.data_version = present.data_version and e.occurred_at >= r.settled_at
where r.sync = ? and r.acknowledged > 0 and e.run_id is null
