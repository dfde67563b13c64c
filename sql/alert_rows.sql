select cast(count(*) as varchar) as alerts
from {{ alerts }}
where sync = ?
