import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type AssociationWorld,
  associatedAssets,
  associationWorld,
  employees,
  jobOf,
} from "../../support/association_world.ts";
import { errorOf } from "../../support/flow_world.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { command } from "./cli_world.ts";

const SYNC = "hubspot/contacts";
const LABELLED = [{ to: "hubspot/companies", foreign_key: "firm_id", label: "Primry" }];

/** Runs command lines against the tables of a world of associations. */
function cliOf(world: AssociationWorld, contacts = employees()) {
  const cwd = temporaryFolder();
  const resources = {
    "f/reverse_etl/snowflake": world.warehouseResource,
    "f/reverse_etl/hubspot": { token: "simulator-token", base_url: world.url },
    "f/reverse_etl/dbt": { backend: "none" },
  };
  const variables = { "f/reverse_etl/environment": "prod" };
  writeFileSync(join(cwd, "tailrace.resources.yaml"), JSON.stringify({ resources, variables }));
  const { models, company, contact } = associatedAssets(contacts);
  const jobs = [jobOf([...models, company, contact])];
  return (...args: readonly string[]) => command(args, { cwd, jobs });
}

it("run, errors and rows show refused associations by source id, and one that is right as acknowledged", async () => {
  const world = await associationWorld();
  const cli = cliOf(world);
  await world.firms(["f1"]);
  await world.people([
    { id: "a", firm: "f1" },
    { id: "b", firm: "f1" },
  ]);
  // Refused as a whole, then the first of the two alone.
  await world.fault({
    match: { path: "associations/contacts/companies/batch/create" },
    times: 2,
    action: {
      reply: { status: 400, body: { status: "error", category: "LIMIT_EXCEEDED", message: "no" } },
    },
  });
  const ran = await cli("run", "crm");
  expect(ran.out).toContain("associations of hubspot/contacts: 1 created, 1 rejected");
  expect(ran.out).toContain("npx tailrace errors hubspot/contacts");
  const refused = await world.sql(
    "select from_id from retl.employees_sync_associations where code is not null",
  );
  expect(refused).toHaveLength(1);
  const id = refused[0]?.from_id ?? "";
  const { code, out } = await cli("errors", SYNC);
  expect(code).toBe(0);
  expect(out).toContain("no row is rejected");
  expect(out).toMatch(/1 association refused or in doubt/);
  expect(out).toMatch(new RegExp(`${id} +hubspot/companies f1 +– +LIMIT_EXCEEDED +1 `));
  const document = JSON.parse((await cli("errors", SYNC, "--code", "LIMIT_EXCEEDED", "--json")).out);
  expect(document).toMatchObject({ associations: { total: 1, rows: [{ id, code: "LIMIT_EXCEEDED" }] } });
  expect((await cli("errors", SYNC, "--code", "ANOTHER")).out).not.toContain("association");
  expect((await cli("errors", "hubspot/companies")).out).not.toContain("association");

  const other = id === "a" ? "b" : "a";
  expect((await cli("rows", SYNC, id)).out).toMatch(
    /associated with hubspot\/companies f1: not acknowledged, refused with LIMIT_EXCEEDED/,
  );
  expect((await cli("rows", SYNC, other)).out).toMatch(
    /associated with hubspot\/companies f1: acknowledged \d/,
  );
});

it("status calls a run failed whose records were pushed and whose associations were not", async () => {
  const world = await associationWorld({ contacts: { associations: LABELLED } });
  const cli = cliOf(world, employees({ associations: LABELLED }));
  await world.firms(["f1"]);
  await world.people([{ id: "a", firm: "f1" }]);
  expect(errorOf(await world.run())?.name).toBe("RETL_ASSOCIATION_LABEL");
  const { code, out } = await cli("status", SYNC);
  expect(out).toMatch(/hubspot\/contacts {2}failed: RETL_ASSOCIATION_LABEL/);
  expect(out).toContain("never succeeded");
  expect(code).toBe(1);
});

it("plan shows associations and how to let their removal through, also when no record changes", async () => {
  const guards = { floor_rows: 0, max_removed_fraction: 0.1 };
  const world = await associationWorld({ contacts: { guards } });
  const cli = cliOf(world, employees({ guards }));
  await world.firms(["f1"]);
  await world.people([
    { id: "a", firm: "f1" },
    { id: "b", firm: "f1" },
  ]);
  await world.run();
  await world.people([{ id: "a", firm: "f1" }, { id: "b" }]);
  const { code, out } = await cli("plan", SYNC);
  expect(out).toMatch(/hubspot\/contacts {2}0 changes/);
  expect(out).toContain("would be held: RETL_HELD_REMOVED_ASSOCIATIONS");
  expect(out).toMatch(/0 associations to make, 1 to remove/);
  expect(out).toMatch(
    /To send exactly this: npx tailrace run crm --select hubspot\/contacts --approve plan_/,
  );
  expect(code).toBe(3);
});
