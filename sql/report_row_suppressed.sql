select cast(count(*) as varchar) as listed
from (select {{ suppressed_id }} as id from {{ suppressions }}) as listed_ids
where listed_ids.id = ?
