-- What HubSpot refused once is no longer owed when the row is gone from the source or back at the acknowledged values.
delete from {{ rejections }}
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} not in (
    select c.{{ id }}
    from {{ changes }} as c
    where c.run_id = ? and c.seq > 0 and c.reason not in ('unchanged', 'removed') and c.{{ id }} is not null
  )
