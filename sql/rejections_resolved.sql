-- What HubSpot refused once is no longer owed when the row is back at the acknowledged values, or gone and nothing is asked of its record.
delete from {{ rejections }}
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} not in (
    select c.{{ id }}
    from {{ changes }} as c
    where c.run_id = ?
      and c.seq > 0
      and c.{{ id }} is not null
      and (c.operation <> 'skip' or c.reason not in ('unchanged', 'create_only', 'removed', 'taken_over'))
  )
