-- R5: requests that may still be running at HubSpot must have ended before anything is sent again.
update {{ lease }}
set not_before = case when not_before is null or not_before < {{ not_before }} then {{ not_before }} else not_before end
