-- Columns that retl_runs got after it was first made.
alter table {{ runs }} add column if not exists {{ column }} {{ column_type }}
