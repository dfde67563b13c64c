-- The rows of a batch that an earlier attempt of this run got an answer for.
select distinct {{ result.seq }} as seq
from {{ journal }} as j
cross join {{ results }}
where j.run_id = ?
  and j.batch_number = cast(? as {{ type.integer }})
  and j.kind = 'call'
  and {{ result.outcome }} in ('acknowledged', 'rejected')
