-- Common to the statements that leave associations with suppressed rows out: those of this sync and those of the other sides, each after
-- a row that is nobody's.
{%- if suppressing %}
{% include "suppressed_ids" %},
{%- else %}
suppressed as (
  select cast(null as varchar) as id
),
{%- endif %}
suppressed_targets as {{ materialized }} (
  select cast(null as varchar) as to_sync, cast(null as varchar) as id
  {%- for list in suppressing_targets %}
  union
  select {{ list.to_sync }}, {{ list.suppressed_id }} from {{ list.suppressions }}
  {%- endfor %}
)
