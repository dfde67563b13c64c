-- The row that held a shared record until now may have been overwritten: it is sent again.
update {{ state }}
set in_doubt = true
where hubspot_id in (select hubspot_id from {{ fold }} where fold_id = ? and code = 'SAME_RECORD')
