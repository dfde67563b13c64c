-- What an alert's thresholds are compared with: the source rows that HubSpot does not have as the source has them, each once, and how long
-- the run took.
select
  cast(
    (
      select count(*)
      from (
        select {{ id }} from {{ rejections }} where {{ id }} is not null
        union
        select {{ id }} from {{ state }} where in_doubt and removed_at is null
      ) as named
    ) + (select count(*) from {{ rejections }} where {{ id }} is null) as varchar
  ) as failed_rows,
  cast(coalesce(rows_read, 0) as varchar) as rows_read,
  cast({{ run_ms }} as varchar) as run_ms
from {{ runs }}
where run_id = ? and sync = ?
