-- A row that a guard refused leaves the list as soon as the source is right again.
delete from {{ rejections }}
where code in ('MISSING_ID', 'DUPLICATE_ID')
  and not exists (
    select 1
    from {{ changes }} as c
    where c.run_id = ?
      and c.reason in ('missing_id', 'duplicate_id')
      and c.row_hash = {{ rejections }}.row_hash
      and c.{{ id }} is not distinct from {{ rejections }}.{{ id }}
  )
