-- A part of a batch, at least one row, that ends where its texts together become longer than a worker should hold. Some rows come as one
-- text, so that those that wait for their turn are no more than text there, and fewer where they are long, because a value has a greatest
-- size. Of a row that is sent whole, as all of a first load are, the values are given once.
select
  cast(count(*) as varchar) as entry_count,
  cast(max(place) as varchar) as last_seq,
  {{ entries }} as entries
from (
  select
    seq as place,
    {{ entry }} as entry,
    sum(length({{ payload_text }}) + length({{ desired_text }})) over (
      order by seq
      rows between unbounded preceding and 1 preceding
    ) as length_before
  from {{ changes }}
  where run_id = ?
    and seq between cast(? as {{ type.integer }}) and cast(? as {{ type.integer }})
    and operation <> 'skip'
) as page
where coalesce(length_before, 0) < cast(? as {{ type.integer }})
group by
  floor(place / cast(? as {{ type.integer }})),
  floor(coalesce(length_before, 0) / cast(? as {{ type.integer }}))
order by min(place)
