-- What Tailrace may do in Snowflake, and nothing else. To be run once by a role that may make roles (SECURITYADMIN or above), in three
-- parts; part 3 again after every run of the migrate flow, which is when a table can be new. It lies in a folder of its own because
-- every .sql file beside it is a statement of the product.
--
-- Put your names in the place of these:
--   TAILRACE, TAILRACE_MIGRATE   the roles of runs and of the migrate flow
--   TAILRACE_WINDMILL            the user of Windmill's resource
--   TAILRACE_WH                  a virtual warehouse
--   ANALYTICS.RETL               database and schema of the syncs
--   HUBSPOT_CONTACTS             a source table (current_state_tbl)
--   HUBSPOT_CONTACTS_SYNC        the table of its sync (sync_table_name), after which its other tables are named
--   ERASED_PEOPLE                the list of its suppressions (suppressions.table)

-- 1. Roles and user. A service user cannot have a password; its public key belongs to the private key of the resource.
create role if not exists TAILRACE;
create role if not exists TAILRACE_MIGRATE;
create user if not exists TAILRACE_WINDMILL type = service default_role = TAILRACE default_warehouse = TAILRACE_WH;
-- alter user TAILRACE_WINDMILL set rsa_public_key = '…';
grant role TAILRACE to user TAILRACE_WINDMILL;
grant role TAILRACE_MIGRATE to user TAILRACE_WINDMILL;

-- 2. The migrate flow makes tables, owns them, and adds columns after an upgrade. It runs with `role: TAILRACE_MIGRATE` in the resource.
grant usage on warehouse TAILRACE_WH to role TAILRACE_MIGRATE;
grant usage, create schema on database ANALYTICS to role TAILRACE_MIGRATE;
grant usage, create table on schema ANALYTICS.RETL to role TAILRACE_MIGRATE;

-- 3. Runs read the source and write the tables of the sync; they make, change and drop no object.
grant usage on warehouse TAILRACE_WH to role TAILRACE;
grant usage on database ANALYTICS to role TAILRACE;
grant usage on schema ANALYTICS.RETL to role TAILRACE;

-- A table that dbt builds anew loses its grants: let dbt give this one (`grants: {select: [TAILRACE]}` in the model's configuration).
grant select on table ANALYTICS.RETL.HUBSPOT_CONTACTS to role TAILRACE;
-- Only of a sync with suppressions, also for the syncs whose records are associated with its records:
grant select on table ANALYTICS.RETL.ERASED_PEOPLE to role TAILRACE;

-- For every sync:
grant select, insert, update, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC to role TAILRACE;
grant select, insert, update, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_JOURNAL to role TAILRACE;
grant select, insert, update, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_STATE to role TAILRACE;
grant select, insert, update, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_REJECTIONS to role TAILRACE;
grant select, insert, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_FOLD to role TAILRACE;
grant select, update on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_LEASE to role TAILRACE;
-- Only of a sync with associations, beside SELECT on the tables that they are read from:
grant select, insert, update, delete on table ANALYTICS.RETL.HUBSPOT_CONTACTS_SYNC_ASSOCIATIONS to role TAILRACE;

-- Once for every schema:
grant select, insert, update on table ANALYTICS.RETL.RETL_RUNS to role TAILRACE;
grant select, insert on table ANALYTICS.RETL.ASSET_EVENTS to role TAILRACE;
grant select, update on table ANALYTICS.RETL.RETL_ALERTS to role TAILRACE;

-- Only where dbt_prep lets Snowflake run dbt (back end snowflake_dbt_project). dbt itself works with the role of the project's profile,
-- which the user needs, too.
-- grant usage, monitor on dbt project ANALYTICS.RETL.SHOP to role TAILRACE;
-- grant read, write on stage ANALYTICS.RETL.DBT_ARTIFACTS to role TAILRACE;
