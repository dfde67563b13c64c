-- How many requests of the chosen entries may still be running at HubSpot (R5).
select
  cast(
    (
      select count(*)
      from {{ journal }} as j
      where j.folded_by = ?
        and j.kind = 'call'
        and (j.http_status is null or j.http_status = 408 or j.http_status >= 500)
    ) + (
      select count(*)
      from {{ journal }} as s
      where s.folded_by = ?
        and s.kind = 'start'
        and not exists (select 1 from {{ journal }} as e where e.attempt = s.attempt and e.kind = 'end' and e.folded_by = s.folded_by)
    ) as varchar
  ) as requests
