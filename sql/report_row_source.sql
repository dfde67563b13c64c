-- What the source says of one id now; several rows when the id is not unique.
select
  {{ source_hash }} as row_hash
  {%- for column in columns %},
  {{ column.text }} as {{ column.alias }}
  {%- endfor %}
from {{ source }}
where {{ source_id }} = ?
limit 20
