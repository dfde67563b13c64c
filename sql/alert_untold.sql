-- Changes of state that nobody was told of and that no other step is telling just now.
select alert, state, run_id, reason, {{ since_text }} as since
from {{ alerts }}
where sync = ? and notified_at is null and (tried_at is null or tried_at < {{ given_up }})
order by alert
