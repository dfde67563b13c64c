-- R1, R4: hits one row only while no other run took the lease, so inside a transaction it is the fence.
update {{ lease }}
set expires_at = {{ expires_at }}
where holder = ? and token = cast(? as {{ type.integer }})
