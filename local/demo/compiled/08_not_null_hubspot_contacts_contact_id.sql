-- Written by npm run dbt -- compile from sql/dbt/models/schema.yml (sha256 52d6a0a8494692085805ef46e730cb46aa94084a1f452a01f65ae86256aa6ad5); do not edit.
select contact_id
from retl.hubspot_contacts
where contact_id is null
