-- Written by npm run dbt -- compile from sql/dbt/models/hubspot_contacts.sql (sha256 858154ee1869072fc495be47db7e8fbc83ea54121066500a208e81c7c0fd50a6); do not edit.
-- One row a customer, as HubSpot is to have it.
--
-- Score, tier and offer move in steps of recency (7, 30 and 90 days) and never count days: a column such as
-- days_since_last_purchase would change in every row every day, and every day would send the whole table to HubSpot.
with customers as (
  select
    contact_id,
    count(*) as number_of_purchases,
    sum(cds) as cds_bought,
    cast(sum(amount) as decimal(12, 2)) as total_spent,
    sum(case when amount > 0 then 1 else 0 end) as paid_purchases,
    count(distinct purchased_on) as days_with_purchases,
    min(purchased_on) as first_purchase_on,
    max(purchased_on) as last_purchase_on
  from staging.known_purchases
  group by contact_id
),
graded as (
  select
    *,
    case
      when days_without_purchase < 7 then 40
      when days_without_purchase < 30 then 25
      when days_without_purchase < 90 then 10
      else 0
    end as recency_points,
    case
      when number_of_purchases >= 10 then 40
      when number_of_purchases >= 4 then 27.5
      when number_of_purchases >= 2 then 15
      else 7.5
    end as frequency_points,
    case when total_spent >= 200 then 20 when total_spent >= 75 then 10 else 0 end as money_points,
    -- A month without a purchase costs one grade, three months the tier.
    case when total_spent >= 200 then 3 when total_spent >= 75 then 2 else 1 end
      - case when days_without_purchase >= 30 then 1 else 0 end as grade
  from (
    select customers.*, datediff('day', last_purchase_on, replay.today) as days_without_purchase
    from customers
    cross join cdnow.replay_day as replay
  ) as recent
),
tiered as (
  select
    *,
    case
      when days_without_purchase >= 90 then 'lapsed'
      when grade >= 3 then 'gold'
      when grade = 2 then 'silver'
      else 'bronze'
    end as tier
  from graded
)
select
  contact_id,
  cast(number_of_purchases as integer) as number_of_purchases,
  cast(cds_bought as integer) as cds_bought,
  total_spent,
  -- A paid purchase's average in whole cents, half a cent rounded up: floor of a quotient that is never near a whole number by
  -- accident, so no digit of the money depends on how the engine divides. NULL until something was paid.
  cast(
    cast(floor((200 * total_spent + paid_purchases) / nullif(2 * paid_purchases, 0)) as decimal(12, 0)) * 0.01
    as decimal(10, 2)
  ) as average_order,
  first_purchase_on,
  last_purchase_on,
  -- CDNOW tells days, not hours: noon in UTC stands for the day.
  cast(last_purchase_on as timestamp) + interval '12 hours' as last_seen_at,
  cast(recency_points + frequency_points + money_points as decimal(5, 1)) as engagement_score,
  tier,
  days_with_purchases > 1 as is_repeat_buyer,
  case
    when tier = 'lapsed' and total_spent >= 75 then 'Free shipping on the next order'
    when tier = 'lapsed' then '10 % off the next order'
  end as win_back_offer
from tiered
