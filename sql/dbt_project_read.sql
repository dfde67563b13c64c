select to_json($1) as artifact from {{ file }}
