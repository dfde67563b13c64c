insert into {{ lease }} (sync, destination, holder, token, expires_at, not_before)
select cast(? as {{ type.text }}), cast(? as {{ type.text }}), null, 0, {{ now }}, null
where not exists (select 1 from {{ lease }})
