-- Common to the statements that compare what the source says with the associations that HubSpot holds because of us.
asked as (
  select cast(? as varchar) as resync
),
{%- if suppressing_links %}
{% include "association_suppressed" %},
{%- endif %}
source_keys as (
  select
    {{ source_id }} as id
    {%- for relation in relations %},
    {{ relation.foreign_key }} as {{ relation.alias }}
    {%- endfor %}
  from {{ source }}
),
source_ids as (
  select id, count(*) as times from source_keys where id is not null group by id
),
links as {{ materialized }} (
  {%- for relation in relations %}
  select
    {{ relation.to_sync }} as to_sync,
    {{ relation.to_object_type }} as to_object_type,
    {{ relation.label }} as label,
    s.id as from_id,
    s.{{ relation.alias }} as to_id,
    own.hubspot_id as from_hubspot_id,
    other.hubspot_id as to_hubspot_id,
    target.id is not null as has_target,
    {{ relation.keeps_removed }} as keeps_removed
  from source_keys as s
  join source_ids as u on u.id = s.id and u.times = 1
  left join {{ state }} as own on own.{{ id }} = s.id and own.row_hash is not null
  left join {{ relation.target_state }} as other
    on other.{{ relation.target_id }} = s.{{ relation.alias }} and other.row_hash is not null
  left join (select distinct {{ relation.target_source_id }} as id from {{ relation.target_source }}) as target
    on target.id = s.{{ relation.alias }}
  {%- if suppressing_links %}
  left join suppressed on suppressed.id = s.id
  left join suppressed_targets as other_end on other_end.to_sync = {{ relation.to_sync }} and other_end.id = s.{{ relation.alias }}
  {%- endif %}
  where s.{{ relation.alias }} is not null
  {%- if suppressing_links %}
    and suppressed.id is null
    and other_end.id is null
  {%- endif %}
  {%- unless forloop.last %}
  union all
  {%- endunless %}
  {%- endfor %}
),
relations as (
  {%- for relation in relations %}
  select {{ relation.to_sync }} as to_sync, {{ relation.label }} as label
  {%- unless forloop.last %}
  union all
  {%- endunless %}
  {%- endfor %}
),
held as {{ materialized }} (
  select
    a.*,
    r.to_sync is not null as is_declared,
    {%- if suppressing_links %}
    suppressed.id is not null or other_end.id is not null as is_suppressed,
    {%- endif %}
    a.next_try_at is null or a.next_try_at <= {{ now }} or asked.resync = 'rejected' as is_due,
    a.acknowledged_at is not null or a.in_doubt as may_exist,
    case
      -- What a row says is compared; a record id that is not known at present says nothing.
      when l.from_id is not null then
        l.to_id = a.to_id
        and (l.has_target or l.keeps_removed)
        and coalesce(l.from_hubspot_id, a.from_hubspot_id) = a.from_hubspot_id
        and coalesce(l.to_hubspot_id, a.to_hubspot_id) = a.to_hubspot_id
      when u.id is not null then u.times > 1
      else {{ keeps_own_removed }}
    end as is_said,
    l.from_hubspot_id is not null and l.to_hubspot_id is not null and l.has_target as is_possible
  from {{ associations }} as a
  cross join asked
  left join relations as r on r.to_sync = a.to_sync and r.label = a.label
  left join links as l on l.to_sync = a.to_sync and l.label = a.label and l.from_id = a.from_id
  left join source_ids as u on u.id = a.from_id
  {%- if suppressing_links %}
  left join suppressed on suppressed.id = a.from_id
  left join suppressed_targets as other_end on other_end.to_sync = a.to_sync and other_end.id = a.to_id
  {%- endif %}
),
-- `forget`: never reached HubSpot, or is not ours to look after any more.
differences as {{ materialized }} (
  select
    held.association_id,
    held.to_sync,
    held.to_object_type,
    held.label,
    held.from_id,
    held.to_id,
    held.from_hubspot_id,
    held.to_hubspot_id,
    held.operation as before,
    held.in_doubt,
    held.sent_at,
    case
      {%- if suppressing_links %}
      when is_suppressed then 'forget'
      {%- endif %}
      when not is_declared then 'forget'
      when not is_said and not may_exist then 'forget'
      when not is_said and is_due then 'remove'
      when not is_said then 'refused'
      when acknowledged_at is not null and not in_doubt and operation is null and asked.resync <> 'all' then 'none'
      when not is_possible then 'none'
      when not is_due then 'refused'
      else 'again'
    end as action
  from held
  cross join asked
  union all
  select
    l.to_sync || chr(31) || l.label || chr(31) || l.from_hubspot_id || chr(31) || l.to_hubspot_id || chr(31)
      || l.from_id || chr(31) || l.to_id,
    l.to_sync,
    l.to_object_type,
    l.label,
    l.from_id,
    l.to_id,
    l.from_hubspot_id,
    l.to_hubspot_id,
    null,
    false,
    null,
    case
      when not l.has_target then 'no_target'
      when l.from_hubspot_id is null or l.to_hubspot_id is null then 'wait'
      else 'create'
    end
  from links as l
  left join (select distinct to_sync, label, from_id from held where is_said) as a
    on a.to_sync = l.to_sync and a.label = l.label and a.from_id = l.from_id
  where a.from_id is null
)
