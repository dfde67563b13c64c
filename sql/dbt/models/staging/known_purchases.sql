-- The purchases that are known on the replay's day, under the ids that HubSpot knows the customers by.
with purchases as (
  select trim(cast(customer_id as varchar)) as customer_id, purchased_on, cds, amount
  from {{ source('cdnow', 'purchases') }}
)
select
  case when length(customer_id) < 5 then lpad(customer_id, 5, '0') else customer_id end as contact_id,
  purchased_on,
  cds,
  amount
from purchases
where purchased_on <= (select today from {{ source('cdnow', 'replay_day') }})
