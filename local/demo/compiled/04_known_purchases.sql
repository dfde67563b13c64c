-- Written by npm run dbt -- compile from sql/dbt/models/staging/known_purchases.sql (sha256 f8c7c425de49b67327f470ed2761e1572b86ec42210de95ee4eb2fcacb63674a); do not edit.
-- The purchases that are known on the replay's day, under the ids that HubSpot knows the customers by.
with purchases as (
  select trim(cast(customer_id as varchar)) as customer_id, purchased_on, cds, amount
  from cdnow.purchases
)
select
  case when length(customer_id) < 5 then lpad(customer_id, 5, '0') else customer_id end as contact_id,
  purchased_on,
  cds,
  amount
from purchases
where purchased_on <= (select today from cdnow.replay_day)
