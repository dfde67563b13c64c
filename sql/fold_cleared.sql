-- An acknowledged row owes nothing any more.
delete from {{ rejections }}
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} in (
    with {% include "fold_outcomes" %}
    select c.{{ id }}
    from decided as d
    join {{ changes }} as c on c.run_id = d.run_id and c.seq = d.seq
    where d.acknowledged and not d.rejected
  )
