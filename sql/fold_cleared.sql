-- An acknowledged row owes nothing any more.
delete from {{ rejections }}
where next_try_at is not null
  and {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and outcome = 'acknowledged')
