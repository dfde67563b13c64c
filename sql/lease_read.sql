select
  sync,
  destination,
  holder,
  cast(token as varchar) as token,
  cast({{ remaining_ms }} as varchar) as remaining_ms,
  cast({{ not_before_ms }} as varchar) as not_before_ms
from {{ lease }}
