-- The row that held a shared record until now may have been overwritten: it is sent again.
update {{ state }}
set in_doubt = true
where hubspot_id in (
  with {% include "fold_outcomes" %}
  select hubspot_id from shared_records
)
