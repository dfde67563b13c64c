delete from {{ fold }} where fold_id = ?
