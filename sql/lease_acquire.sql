-- R1: the same run keeps its token; another run takes over only what has expired, and with a higher token.
-- The tables of another sync, or of another destination, are not to be taken.
update {{ lease }}
set token = case when holder = ? then token else token + 1 end,
    holder = ?,
    expires_at = {{ expires_at }}
where sync = ? and destination = ? and (holder is null or holder = ? or expires_at < {{ now }})
