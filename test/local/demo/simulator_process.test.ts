import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { callHubSpot } from "../../../local/demo/hubspot_http.ts";
import { startSimulatorProcess } from "../../../local/demo/simulator_process.ts";
import { DEFAULT_TOKEN } from "../../../local/hubspot_simulator/settings.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

test("a simulator that is started again has the contacts of the one before", async () => {
  const folder = temporaryFolder();
  const request = { options: { stateFile: join(folder, "state.jsonl") }, pidFile: join(folder, "pid") };
  const first = await startSimulatorProcess(request);
  expect(Number(readFileSync(request.pidFile, "utf8"))).toBeGreaterThan(0);
  await callHubSpot({ url: first.url, token: DEFAULT_TOKEN }, "POST", "/crm/v3/objects/contacts", {
    properties: { firstname: "x" },
  });
  await first.stop();
  expect(existsSync(request.pidFile)).toBe(false);

  const second = await startSimulatorProcess(request);
  const contacts = await callHubSpot(
    { url: second.url, token: DEFAULT_TOKEN },
    "GET",
    "/crm/v3/objects/contacts",
  );
  expect(contacts).toMatchObject({ results: [{ properties: { firstname: "x" } }] });
  await second.stop();
});

test("contacts that were lost with a killed simulator are an error and no empty portal", async () => {
  const folder = temporaryFolder();
  const pidFile = join(folder, "pid");
  writeFileSync(pidFile, `${spawnSync(process.execPath, ["--version"]).pid}`);
  const request = { options: { stateFile: join(folder, "state.jsonl") }, pidFile };
  await expect(startSimulatorProcess(request)).rejects.toThrow(
    /was killed before it could write its contacts/,
  );
});

test("a simulator that cannot start says why", async () => {
  const options = { latency: { minMs: 2, maxMs: 1 } };
  await expect(startSimulatorProcess({ options })).rejects.toThrow(/did not start: .*minMs is above maxMs/s);
});
