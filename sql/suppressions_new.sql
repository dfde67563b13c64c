-- How many ids are suppressed, and what the state still has of them: all rows, and those that it knows from an acknowledgement and that had
-- not left the source before.
with {% include "suppressed_ids" %}
select
  cast(suppressed_size.n as varchar) as ids,
  cast(state_size.found as varchar) as state_rows,
  cast(state_size.known as varchar) as known,
  cast(state_size.known_found as varchar) as known_suppressed
from (select count(*) as n from suppressed) as suppressed_size
cross join (
  select
    count(suppressed.id) as found,
    count(case when t.row_hash is not null and t.removed_at is null then 1 end) as known,
    count(case when t.row_hash is not null and t.removed_at is null then suppressed.id end) as known_found
  from {{ state }} as t
  left join suppressed on suppressed.id = t.{{ id }}
) as state_size
