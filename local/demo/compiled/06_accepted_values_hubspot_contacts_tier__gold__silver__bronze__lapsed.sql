-- Written by npm run dbt -- compile from sql/dbt/models/schema.yml (sha256 52d6a0a8494692085805ef46e730cb46aa94084a1f452a01f65ae86256aa6ad5); do not edit.
with all_values as (

    select
        tier as value_field,
        count(*) as n_records

    from retl.hubspot_contacts
    group by tier

)

select *
from all_values
where value_field not in (
    'gold','silver','bronze','lapsed'
)
