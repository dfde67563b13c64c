-- What another batch of this run learnt that is true of every batch: a daily limit, or a refusal whatever the row.
select max({{ result.code }}) as code
from {{ journal }} as j
cross join {{ results }}
where j.run_id = ?
  and j.kind = 'call'
  and {{ result.outcome }} = 'deferred'
  and ({{ result.code }} = 'DAILY' or {{ result.code }} like 'RETL_HUBSPOT_%')
