-- Columns that a table got after it was first made.
alter table {{ table }} add column if not exists {{ column }} {{ column_type }}
