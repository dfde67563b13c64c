-- Acknowledged rows are written anew, which costs a warehouse less than changing wide rows in place; those of archived records leave.
delete from {{ state }}
where {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and outcome = 'acknowledged')
