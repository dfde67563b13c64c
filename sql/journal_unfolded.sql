select cast(count(*) as varchar) as entries
from {{ journal }}
where folded_at is null and run_id <> ?
