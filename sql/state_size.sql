select cast(count(*) as varchar) as state_rows from {{ state }}
