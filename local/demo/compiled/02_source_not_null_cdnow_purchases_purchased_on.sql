-- Written by npm run dbt -- compile from sql/dbt/models/staging/sources.yml (sha256 f5652e8e68801b745857338dd4c1c82588a73be18a542ae7242c982de2cb54d4); do not edit.
select purchased_on
from cdnow.purchases
where purchased_on is null
