update {{ lease }}
set holder = null, expires_at = {{ now }}
where holder = ? and token = cast(? as {{ type.integer }})
