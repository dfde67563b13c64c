-- An acknowledged row owes nothing any more.
delete from {{ rejections }}
where code not in ('MISSING_ID', 'DUPLICATE_ID')
  and {{ id }} in (select {{ id }} from {{ fold }} where fold_id = ? and outcome = 'acknowledged')
