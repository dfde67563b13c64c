-- How a sync stands: what HubSpot has because of it, what is owed, and when it last came through whole.
select
  cast(s.acknowledged_rows as varchar) as acknowledged_rows,
  cast(s.in_doubt_rows as varchar) as in_doubt_rows,
  cast(s.resync_rows as varchar) as resync_rows,
  cast(s.removed_rows as varchar) as removed_rows,
  r.last_success_at,
  cast(r.last_success_age_ms as varchar) as last_success_age_ms
from (
  select
    count(case when row_hash is not null and removed_at is null then 1 end) as acknowledged_rows,
    count(case when in_doubt then 1 end) as in_doubt_rows,
    count(case when resync_requested_at is not null and removed_at is null then 1 end) as resync_rows,
    count(case when removed_at is not null then 1 end) as removed_rows
  from {{ state }}
) as s
cross join (
  select
    max({{ finished_at_text }}) as last_success_at,
    min({{ finished_age_ms }}) as last_success_age_ms
  from {{ runs }}
  where sync = ? and status = 'succeeded' and failure_recorded_at is null
) as r
