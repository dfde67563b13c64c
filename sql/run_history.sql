-- What the runs of a sync left behind: whether HubSpot ever acknowledged a row, and whether rows wait that a run did not get to.
select
  cast(count(case when acknowledged > 0 then 1 end) as varchar) as acknowledging_runs,
  cast(count(case when deferred > 0 then 1 end) as varchar) as deferring_runs
from {{ runs }}
where sync = ?
