-- One row: which run may write, until when, and before when nothing may be sent. The table is made with its row in one statement, because
-- of two migrations that each insert it where there is none yet, both may: inserts do not wait for each other.
create table if not exists {{ lease }} as
select
  cast({{ sync }} as {{ type.text }}) as sync,
  cast({{ destination }} as {{ type.text }}) as destination,
  cast(null as {{ type.text }}) as holder,
  cast(0 as {{ type.integer }}) as token,
  cast({{ now }} as {{ type.timestamp }}) as expires_at,
  cast(null as {{ type.timestamp }}) as not_before
