-- Why changes are not acknowledged: how many rows a run, an outcome, a code and a property, and one of the rows.
select
  run_id,
  outcome,
  code,
  property,
  cast(count(*) as varchar) as outcome_rows,
  min({{ id }}) as example_id
from {{ fold }}
where fold_id = ? and outcome not in ('acknowledged', 'late')
group by run_id, outcome, code, property
order by run_id, count(*) desc, outcome, code, property
