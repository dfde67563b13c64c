select column_name, data_type, cast(numeric_scale as varchar) as numeric_scale
from information_schema.columns
where lower(table_schema) = lower(?) and lower(table_name) = lower(?)
order by ordinal_position
