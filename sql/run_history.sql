-- What the runs of a sync left behind: entries that no run folded, runs that planned changes and never settled (R9), whether HubSpot ever
-- acknowledged a row, and whether rows wait that a run did not get to.
select
  (select cast(count(*) as varchar) from {{ journal }} where folded_at is null and run_id <> ?) as unfolded_entries,
  cast(count(case when run_id <> ? and planned_at is not null and settled_at is null then 1 end) as varchar) as unsettled_runs,
  cast(count(case when acknowledged > 0 then 1 end) as varchar) as acknowledging_runs,
  cast(count(case when deferred > 0 then 1 end) as varchar) as deferring_runs
from {{ runs }}
where sync = ?
