-- What an attempt has to know: how often this batch was started before, and what another batch of this run learnt that is true of every
-- batch: a daily limit, a migration of the portal, or a refusal whatever the row. An answer of that kind decides no row, so only the few
-- entries without a decision are unfolded.
select
  (
    select cast(count(*) as varchar)
    from {{ journal }}
    where run_id = ? and batch_number = cast(? as {{ type.integer }}) and kind = 'start'
  ) as attempts,
  (
    select max({{ result.code }})
    from (
      select results
      from {{ journal }}
      where run_id = ?
        and kind in ('call', 'end')
        and coalesce(acknowledged, 0) = 0
        and coalesce(rejected, 0) = 0
        and coalesce(unknown, 0) = 0
    ) as j
    cross join {{ results }}
    where {{ result.outcome }} = 'deferred'
      and ({{ result.code }} in ('DAILY', 'DAILY_RESERVE', 'MIGRATION') or {{ result.code }} like 'RETL_HUBSPOT_%')
  ) as code
