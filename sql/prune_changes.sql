delete from {{ changes }}
where run_id in (select run_id from {{ runs }} where sync = ? and settled_at < {{ cutoff }})
