update {{ rejections }}
set attempts = attempts + 1, last_at = {{ now }}
where code in ('MISSING_ID', 'DUPLICATE_ID')
