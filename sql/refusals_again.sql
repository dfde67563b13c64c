-- What a guard refuses has no next try: it is looked at in every run.
update {{ rejections }}
set attempts = attempts + 1, last_at = {{ now }}
where next_try_at is null
