update {{ state }}
set in_doubt = true
where {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and in_doubt)
