delete from {{ associations }}
where operation = 'remove'
  and association_id in (
    select {{ pair.association_id }}
    from {{ pairs }}
  )
