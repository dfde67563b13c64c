-- Where an execution left its files; an error when it left none.
select system$locate_dbt_artifacts(?) as location
