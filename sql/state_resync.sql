-- A resync that does not finish goes on in later runs: what was asked for again is due until HubSpot acknowledges it, and so is a row that waits
-- or is refused in this one.
update {{ state }}
set resync_requested_at = {{ now }}
where {{ id }} in (
  select {{ id }} from {{ changes }} where run_id = ? and (reason in ('resync', 'waiting') or {{ is_refused }})
)
