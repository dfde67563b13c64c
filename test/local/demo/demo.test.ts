import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { callHubSpot } from "../../../local/demo/hubspot_http.ts";
import { startSimulator } from "../../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../../local/hubspot_simulator/settings.ts";
import { leaksOf, plainCanary } from "../../support/canary.ts";
import { DEMO_TIMEOUT_MS, demo, demoIn } from "../../support/demo_process.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

async function portal() {
  const running = await startSimulator();
  onTestFinished(() => running.close());
  return running;
}

test("the replay ends with every contact right, and goes on where an earlier process stopped", {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const data = temporaryFolder();
  const report = join(data, "report.html");
  const first = await demo("--days", "2", "--json", "--data", data, "--report", report);
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(first.stdout)).toEqual({
    days: 2,
    purchases: 459,
    sourceRows: 450,
    changes: 453,
    acknowledged: 453,
    rejected: 0,
    calls: expect.any(Number),
    rateLimited: 0,
    differences: 0,
    idleCalls: 0,
  });
  expect(first.stderr).toContain("the SQL that dbt compile wrote");
  const html = readFileSync(report, "utf8");
  expect(html).toContain("1997-01-02");
  expect(html.match(/<svg/g)).toHaveLength(4);
  expect(html).not.toMatch(/<script|<link|src=|url\(/);

  const second = await demo(
    "--days",
    "3",
    "--json",
    "--data",
    data,
    "--report",
    report,
    "--timings",
    "short",
  );
  expect(second).toMatchObject({ code: 0 });
  expect(second.stderr).toContain("Timings: short ones");
  expect(JSON.parse(second.stdout)).toMatchObject({
    days: 3,
    purchases: 695,
    sourceRows: 678,
    changes: 234,
    acknowledged: 234,
    differences: 0,
    idleCalls: 0,
  });
  expect(existsSync(join(data, "hubspot.pid"))).toBe(false);
});

test("in staging the tables are built, skip_retl is taken and HubSpot sees no call", {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const { url, simulator } = await portal();
  const report = join(temporaryFolder(), "report.html");
  const ended = await demo(
    "--days",
    "2",
    "--json",
    "--environment",
    "staging",
    "--hubspot",
    url,
    "--report",
    report,
  );
  expect(ended).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toEqual({
    days: 2,
    purchases: 459,
    sourceRows: 450,
    changes: 0,
    acknowledged: 0,
    rejected: 0,
    calls: 0,
    rateLimited: 0,
    differences: null,
    idleCalls: 0,
  });
  expect(ended.stderr).toContain("skip_retl");
  expect(simulator.counters.report(10_000).calls).toBe(0);
});

test("a contact that must not be there makes the demo fail and is named", {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const { url } = await portal();
  const access = { url, token: DEFAULT_TOKEN };
  await callHubSpot(access, "POST", "/crm/v3/properties/contacts", {
    name: "tier",
    label: "Tier",
    groupName: "contactinformation",
    type: "string",
    fieldType: "text",
  });
  await callHubSpot(access, "POST", "/crm/v3/objects/contacts", { properties: { tier: "gold" } });
  const TMPDIR = temporaryFolder();
  const report = join(temporaryFolder(), "report.html");
  const ended = await demoIn({ TMPDIR }, "--days", "1", "--hubspot", url, "--report", report);
  expect(ended).toMatchObject({ code: 1, stderr: "" });
  expect(ended.stdout).toContain("1 difference ");
  expect(ended.stdout).toContain("is no customer's");
  expect(readFileSync(report, "utf8")).toContain('class="bad"');
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith("tailrace-demo-"))).toEqual([]);
});

test("the token that the demo uses is in nothing that it says, its report included", {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const token = plainCanary();
  const running = await startSimulator({ tokens: [{ token }] });
  onTestFinished(() => running.close());
  const report = join(temporaryFolder(), "report.html");
  const access = ["--hubspot", running.url, "--report", report];
  const good = await demoIn({ HUBSPOT_TOKEN: token }, "--days", "1", ...access);
  expect(good).toMatchObject({ code: 0 });
  const refused = plainCanary();
  const bad = await demoIn({ HUBSPOT_TOKEN: refused }, "--days", "1", "--json", ...access);
  expect(bad.code).not.toBe(0);
  const said = [readFileSync(report, "utf8"), good.stdout, good.stderr, bad.stdout, bad.stderr];
  expect(said[0]).toContain("1997-01-01");
  expect(leaksOf({ token, refused }, said)).toEqual([]);
});

test("a wrong token ends the demo with HubSpot's own words and one line of JSON", {
  timeout: DEMO_TIMEOUT_MS,
}, async () => {
  const { url } = await portal();
  const ended = await demo("--days", "1", "--json", "--hubspot", url, "--token", "wrong");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("401");
  expect(JSON.parse(ended.stdout)).toEqual({ error: expect.stringContaining("401") });
});

test("an emulator, which keeps nothing, is refused together with a folder to keep it in", async () => {
  const ended = await demo("--warehouse", "emulator", "--data", join(temporaryFolder(), "kept"));
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/--warehouse emulator keeps its tables in memory.*--data/);
});
