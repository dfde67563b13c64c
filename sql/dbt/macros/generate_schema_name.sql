{# dbt would prefix a custom schema with the target's own; the syncs name the schema as it is. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
