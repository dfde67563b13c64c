-- Runs that settled, and dry runs and held plans, which have nothing to settle.
delete from {{ changes }}
where run_id in (
  select run_id
  from {{ runs }}
  where sync = ?
    and (settled_at < {{ cutoff }} or (status in ('held', 'dry_run') and planned_at is null and finished_at < {{ cutoff }}))
)
