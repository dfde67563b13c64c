select column_name, data_type, cast(numeric_scale as varchar) as numeric_scale
from information_schema.columns
where {{ schema_is }} and {{ table_is }}
order by ordinal_position
