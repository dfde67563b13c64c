select {{ counts_text }} as counts, row_hash as plan_hash
from {{ changes }}
where run_id = ? and seq = 0
