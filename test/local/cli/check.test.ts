import { expect, it } from "vitest";
import { job } from "../../../f/asset_graph/job.ts";
import { loadJobs } from "../../../local/build/compile_flows.ts";
import { contacts } from "../../support/people_sync.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { command, peopleJob, ROOT } from "./cli_world.ts";

it("check prints graph, syncs and schedule of what is declared", async () => {
  const { code, out } = await command(["check"], { cwd: temporaryFolder(), jobs: await loadJobs(ROOT) });
  expect(out).toMatch(/retl\.hubspot_contacts .*\n +└─ hubspot\/contacts/);
  expect(out).toMatch(/hubspot_contacts +\+hubspot\/contacts +0 0 0 \* \* \* UTC +\d{4}-\d\d-\d\d 00:00:00Z/);
  expect(code).toBe(0);
});

it("output has colours on a terminal only, and not where the user refuses them", async () => {
  const jobs = [job({ ...peopleJob(), select: "hubspot/contact" })];
  const printed = async (options: { terminal: boolean; environment?: Record<string, string> }) =>
    (await command(["check"], { cwd: temporaryFolder(), jobs, ...options })).out;
  expect(await printed({ terminal: true })).toContain("\u001b[31m1 problem");
  expect(await printed({ terminal: false })).not.toContain("\u001b[");
  expect(await printed({ terminal: true, environment: { NO_COLOR: "1" } })).not.toContain("\u001b[");
  expect(await printed({ terminal: true, environment: { TERM: "dumb" } })).not.toContain("\u001b[");
});

it("check lists every problem of the graph and of the configurations at once and ends with 1", async () => {
  const broken = peopleJob(contacts({ batch_size: 500, object_type: "Contacts" }));
  const jobs = [job({ ...broken, select: "+hubspot/contact" })];
  const { code, out } = await command(["check", "--json"], { cwd: temporaryFolder(), jobs });
  expect(code).toBe(1);
  const { problems } = JSON.parse(out) as { problems: { code: string; problem: string }[] };
  const texts = problems.map(({ problem }) => problem).join("\n");
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(["ASSET_GRAPH_INVALID"]));
  expect(texts).toContain("batch_size");
  expect(texts).toContain("object_type");
  expect(texts).toContain('Nearest: "hubspot/contacts"');
});

it("check says which file of flows/ does not run", async () => {
  const cwd = temporaryFolder();
  const { code, out } = await command(["check"], {
    cwd,
    jobs: Promise.reject(new Error("orders.ts: unexpected end of file")),
  });
  expect({ code, out }).toEqual({
    code: 1,
    out: expect.stringContaining("CLI_FLOWS  A file of flows/ cannot be loaded: orders.ts"),
  });
});

it("check ends with 1 when what is in f/ is not what is declared", async () => {
  const { code, out } = await command(["check"], { cwd: temporaryFolder() });
  expect(code).toBe(1);
  expect(out).toContain(
    "BUILD_STALE  f/reverse_etl/people__flow/flow.yaml is not what npm run build would write.",
  );
  expect(out).toContain(
    "BUILD_STALE  f/reverse_etl/hubspot_contacts__flow/flow.yaml is declared nowhere any more.",
  );
  expect(out).toContain("Run npm run build");
});
