-- Chooses exactly the entries that this settle folds; what arrives later is left for the next one.
update {{ journal }}
set folded_at = {{ now }}, folded_by = ?
where folded_at is null and run_id <> ?
