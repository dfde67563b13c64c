-- A row that a guard refused leaves the list as soon as the source is right again.
-- One key of code, hash and id, because Snowflake evaluates correlated subqueries only where they compare for equality.
delete from {{ rejections }}
where next_try_at is null
  and code || ':' || row_hash || ':' || coalesce({{ id }}, '') not in (
    select upper(c.reason) || ':' || c.row_hash || ':' || coalesce(c.{{ id }}, '')
    from {{ changes }} as c
    where c.run_id = ? and {{ is_refused }}
  )
