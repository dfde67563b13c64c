delete from {{ rejections }}
where {{ id }} in (with {% include "suppressed_ids" %} select id from suppressed)
