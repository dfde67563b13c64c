import { describe, expect, test } from "vitest";
import { asset } from "../../f/asset_graph/asset.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { reverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import {
  type Associations,
  associatedAssets,
  companies,
  compileAssociated,
  compiledAssociated,
  employees,
  jobOf,
  TO_COMPANY,
} from "../support/association_world.ts";

function problemsOf(contacts: SyncInput, firms?: SyncInput): string {
  const { models, company, contact } = associatedAssets(contacts, firms);
  try {
    validate([jobOf([...models, company, contact])]);
  } catch (error) {
    return String(error);
  }
  return "";
}

describe("what an association names is checked with the whole graph", () => {
  const declared = (...associations: Associations) => problemsOf(employees({ associations }));

  test("an asset that is not in deps, with the one that was probably meant", () => {
    expect(declared({ to: "hubspot/company", foreign_key: "firm_id" })).toContain(
      'hubspot/contacts: associations.0.to: "hubspot/company" is not in deps. Add its asset there, so that it is pushed before. Nearest in deps: hubspot/companies.',
    );
  });

  test("an asset that is no HubSpot sync", () => {
    expect(declared({ to: "retl.employees", foreign_key: "firm_id" })).toContain(
      '"retl.employees" is no HubSpot sync',
    );
  });

  test("a sync of another portal or warehouse", () => {
    const other = companies({
      resources: { hubspot: "f/reverse_etl/sandbox", warehouse: "f/reverse_etl/lake" },
    });
    const problems = problemsOf(employees(), other);
    expect(problems).toContain("another hubspot (f/reverse_etl/sandbox)");
    expect(problems).toContain("another warehouse (f/reverse_etl/lake)");
  });

  test("a column that is no identifier, a label that is none, and one association declared twice, together", () => {
    const problems = declared(
      { to: "hubspot/companies", foreign_key: "firm id" },
      { to: "hubspot/companies", foreign_key: "advised_id", label: " Primary" },
    );
    expect(problems).toContain("associations.0.foreign_key: must be a plain SQL identifier");
    expect(problems).toContain("associations.1.label: must not begin or end with a blank");
    expect(declared(...TO_COMPANY, { to: "hubspot/companies", foreign_key: "advised_id" })).toContain(
      "associations.1: is the association that associations.0 declares: give it a label of its own",
    );
  });

  test("every problem is reported, those of several associations too", () => {
    const problems = declared(
      { to: "hubspot/firms", foreign_key: "a" },
      { to: "retl.employees", foreign_key: "b" },
    );
    expect(problems).toContain("associations.0.to");
    expect(problems).toContain("associations.1.to");
  });

  test("two assets that associate the same records conflict", () => {
    const { models, company, contact } = associatedAssets(employees());
    const twin = asset({
      key: "hubspot/leads",
      deps: [models[0], company],
      compute: reverseEtl(
        employees({
          sync_table_name: "leads_sync",
          column_mappings: [{ destination_name: "city", snowflake_name: "city" }],
        }),
      ),
    });
    expect(() => validate([jobOf([...models, company, contact, twin])])).toThrow(
      /contacts association with hubspot\/companies \(f\/reverse_etl\/hubspot\) is written by hubspot\/contacts and hubspot\/leads/,
    );
  });
});

test("a sync may associate its records with each other", () => {
  const associations: Associations = [{ to: "hubspot/contacts", foreign_key: "mentor_id" }];
  expect(problemsOf(employees({ associations }))).toBe("");
  const [, contacts] = compiledAssociated(employees({ associations }));
  expect(contacts?.targets).toMatchObject([{ key: "hubspot/contacts", object_type: "contacts" }]);
});

test("the flow associates last of the sync's branch, and a sync without associations has no such step", () => {
  const text = JSON.stringify(compileAssociated(employees()));
  expect(text.indexOf("settle__hubspot__contacts")).toBeLessThan(
    text.indexOf("associate__hubspot__contacts"),
  );
  expect(text.indexOf("settle__hubspot__companies")).toBeLessThan(
    text.indexOf("diff_insert__hubspot__contacts"),
  );
  expect(text).not.toContain("associate__hubspot__companies");
});
