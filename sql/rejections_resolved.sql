-- What HubSpot refused once is no longer owed when the row is back at the acknowledged values, or gone and nothing is asked of its record, or
-- when the plan itself refuses what the row says now.
delete from {{ rejections }}
where next_try_at is not null
  and {{ id }} not in (
    select c.{{ id }}
    from {{ changes }} as c
    where c.run_id = ?
      and c.seq > 0
      and c.{{ id }} is not null
      and (
        c.operation <> 'skip'
        or c.reason not in ('unchanged', 'create_only', 'removed', 'taken_over') and not {{ has_unfit_value }}
      )
  )
