import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readCompiledFlow } from "../../local/demo/compiled_flow.ts";
import { readAllContacts } from "../../local/demo/held_contacts.ts";
import { neededProperties } from "../../local/demo/needed_properties.ts";
import { REPOSITORY } from "../../local/demo/pipeline.ts";
import { startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";
import { DEMO_TIMEOUT_MS, demo } from "../support/demo_process.ts";
import { BECAUSE, NO_EMULATOR } from "../support/snowflake_lane.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const DAYS = 3;
const CUSTOMERS = 678;

/** Replays the days into a HubSpot of its own, and gives how that ended and every contact that is there then, by customer number. */
async function replayed(warehouse: string) {
  const { url, close } = await startSimulator();
  onTestFinished(close);
  const report = join(temporaryFolder(), "report.html");
  const options = ["--warehouse", warehouse, "--days", `${DAYS}`, "--json", "--hubspot", url];
  const ended = await demo(...options, "--report", report);
  const flow = join(REPOSITORY, "f", "reverse_etl", "hubspot_contacts__flow", "flow.yaml");
  const { id, mapped } = neededProperties((await readCompiledFlow(flow)).sync.config);
  const names = [id, ...mapped].map(({ name }) => name);
  const contacts = (await readAllContacts({ url, token: DEFAULT_TOKEN }, names)).map(({ properties }) => [
    properties[id.name],
    Object.fromEntries(names.map((name) => [name, properties[name]])),
  ]);
  return { ended, contacts: contacts.length, byCustomer: Object.fromEntries(contacts) };
}

describe.skipIf(NO_EMULATOR !== null)(`the replay over Snowflake's protocol${BECAUSE}`, () => {
  it("ends without a difference, and HubSpot holds what it holds after the same days on DuckDB", {
    timeout: DEMO_TIMEOUT_MS,
  }, async () => {
    const [emulator, duckdb] = await Promise.all([replayed("emulator"), replayed("duckdb")]);
    for (const { ended, contacts } of [emulator, duckdb]) {
      expect(ended).toMatchObject({ code: 0 });
      expect(JSON.parse(ended.stdout)).toMatchObject({
        days: DAYS,
        sourceRows: CUSTOMERS,
        differences: 0,
        idleCalls: 0,
      });
      expect(contacts).toBe(CUSTOMERS);
    }
    expect(emulator.ended.stderr).toContain("an emulator that speaks Snowflake's protocol");
    expect(emulator.byCustomer).toEqual(duckdb.byCustomer);
  });
});
