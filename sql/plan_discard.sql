-- An earlier try of a dry run or of a held run left its rows.
delete from {{ changes }} where run_id = ?
