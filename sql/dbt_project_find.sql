-- Executions that a key marks, the newest first; a key that nobody used finds nothing.
select query_id, execution_status, cast(error_code as varchar) as error_code
from table(information_schema.query_history_by_user(
  end_time_range_start => dateadd('hour', -24, current_timestamp()),
  result_limit => 10000
))
where startswith(lower(query_text), 'execute dbt project') and contains(query_text, ?)
order by start_time desc
