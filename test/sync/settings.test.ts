import { expect, test } from "vitest";
import { syncProblems } from "../../f/reverse_etl/sync/sync_config.ts";
import { contacts } from "../support/people_sync.ts";

test("a mistyped setting is a problem that tells the nearest one, at its place", () => {
  const sync = {
    ...contacts(),
    bach_size: 50,
    unheard_of: true,
    rate: { dayly_reserve: 0.2 },
    column_mappings: [{ destination_name: "score", snowflake_name: "score", whennull: "keep" }],
    associations: [{ to: "hubspot/companies", foreign_key: "company", labels: "Employer" }],
    create_missing_properties: { groupname: "crm" },
  };
  expect(syncProblems(sync).sort()).toEqual([
    'associations.0: the setting "labels" does not exist. Nearest: label.',
    'column_mappings.0: the setting "whennull" does not exist. Nearest: when_null.',
    'create_missing_properties: the setting "groupname" does not exist. Nearest: group_name.',
    'rate: the setting "dayly_reserve" does not exist. Nearest: daily_reserve.',
    'the sync: the setting "bach_size" does not exist. Nearest: batch_size.',
    'the sync: the setting "unheard_of" does not exist. Remove it: it would have no effect.',
  ]);
});
