execute dbt project {{ project }} args = {{ args }}{{ dbt_version }} /* {{ key }} */
