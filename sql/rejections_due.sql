-- Other property definitions than those that rows were refused under: they are tried again at once.
update {{ rejections }}
set next_try_at = {{ now }}
where next_try_at > {{ now }} and {{ by_definition }}
