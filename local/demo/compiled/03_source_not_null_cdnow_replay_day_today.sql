-- Written by npm run dbt -- compile from sql/dbt/models/staging/sources.yml (sha256 0383437f4b2ffb3435fa6bac9fc8b54dbd91dcb061bc8ed65fe012ea7661d59b); do not edit.
select today
from "cdnow"."replay_day"
where today is null
