-- Gives a lease table that has lost its row, or that an interrupted migration of an earlier version left without, one again.
insert into {{ lease }} (sync, destination, holder, token, expires_at, not_before)
select cast(? as {{ type.text }}), cast(? as {{ type.text }}), null, 0, {{ now }}, null
where not exists (select 1 from {{ lease }})
