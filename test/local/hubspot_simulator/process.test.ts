import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../f/reverse_etl/sync/clock.ts";
import { writeBatch } from "../../../local/hubspot_simulator/batch_write.ts";
import { Portal } from "../../../local/hubspot_simulator/portal.ts";
import { startSimulator } from "../../../local/hubspot_simulator/server.ts";
import { settingsSchema } from "../../../local/hubspot_simulator/settings.ts";
import { OBJECTS, startPortal, upsert } from "./portal_client.ts";

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "simulator-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Starts the simulator as a process of its own and waits for its line. */
async function startProcess(...flags: string[]) {
  const main = join(import.meta.dirname, "../../../local/hubspot_simulator/main.ts");
  const child = spawn(process.execPath, ["--import", "tsx", main, "--port", "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return { child, url: String(line).split(" ").at(-1) ?? "" };
}

test("as a process it tells its URL, keeps to its flags, closes cleanly on SIGTERM and comes back with its records", async () => {
  const folder = await emptyFolder();
  const state = join(folder, "state.jsonl");
  const objects = join(folder, "objects.json");
  const faults = join(folder, "faults.json");
  await writeFile(objects, JSON.stringify(OBJECTS));
  await writeFile(faults, JSON.stringify([{ nth: 3, action: { reply: { status: 503 } } }]));
  const flags = [
    "--token",
    "secret",
    "--objects",
    objects,
    "--state",
    state,
    "--burst",
    "3",
    "--echo-trace-ids",
    "false",
  ];
  const headers = { authorization: "Bearer secret", "content-type": "application/json" };
  const body = JSON.stringify({ inputs: [upsert("c1", { email: "a@example.com" }, "1")] });

  const first = await startProcess(...flags, "--faults", faults);
  const path = "/crm/v3/objects/contacts/batch/upsert";
  const statuses: number[] = [];
  for (let at = 0; at < 4; at++) {
    const answer = await fetch(`${first.url}${path}`, { method: "POST", headers, body });
    statuses.push(answer.status);
    if (at === 0) expect(await answer.json()).toMatchObject({ results: [{ new: true }] });
  }
  expect(statuses).toEqual([200, 200, 503, 429]);
  first.child.kill("SIGTERM");
  first.child.kill("SIGTERM");
  const [code] = await once(first.child, "exit");
  expect(code).toBe(0);

  const second = await startProcess(...flags);
  const answer = await fetch(`${second.url}${path}`, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({
    results: [{ new: false, properties: { email: "a@example.com" } }],
  });
  second.child.kill("SIGTERM");
  await once(second.child, "exit");
}, 20_000);

test("a saved portal comes back with properties, archived records, merges and ids that are not given again", async () => {
  const stateFile = join(await emptyFolder(), "state.jsonl");
  const portal = await startSimulator({ stateFile, objects: OBJECTS });
  const call = async (url: string, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: "Bearer simulator-token", "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  };
  const contacts = "/crm/v3/objects/contacts";
  const property = {
    name: "key",
    label: "Key",
    type: "string",
    fieldType: "text",
    groupName: "contactinformation",
  };
  await call(portal.url, "POST", "/crm/v3/properties/contacts", { ...property, hasUniqueValue: true });
  const ids: string[] = [];
  for (const key of ["a", "b", "c"])
    ids.push((await call(portal.url, "POST", contacts, { properties: { key } })).body.id);
  await call(portal.url, "POST", `${contacts}/merge`, { primaryObjectId: ids[0], objectIdToMerge: ids[1] });
  await call(portal.url, "DELETE", `${contacts}/${ids[2]}`);
  await portal.close();

  const again = await startSimulator({ stateFile, objects: OBJECTS });
  onTestFinished(() => again.close());
  expect((await call(again.url, "GET", `${contacts}/a?idProperty=key`)).body.id).toBe(ids[0]);
  expect((await call(again.url, "GET", `${contacts}/${ids[2]}?archived=true`)).status).toBe(200);
  const update = await call(again.url, "POST", `${contacts}/batch/update`, {
    inputs: [{ id: ids[1], properties: {} }],
  });
  expect(update).toMatchObject({ status: 200, body: { results: [] } });
  const created = await call(again.url, "POST", contacts, { properties: { key: "d" } });
  expect(Number(created.body.id)).toBeGreaterThan(Math.max(...ids.map(Number)));
});

test("wrong options are all named before anything listens", async () => {
  const wrong = startSimulator({ burst: { calls: 0 }, latency: { minMs: 5, maxMs: 1 } });
  await expect(wrong).rejects.toThrow(/burst[\s\S]*latency/);
});

test("latency lies between its bounds and delays only the caller", async () => {
  const portal = await startPortal({ latency: { minMs: 40, maxMs: 60 } });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 10 }, () => portal.send("GET", "/account-info/v3/details")));
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThanOrEqual(39);
  expect(took).toBeLessThan(400);
});

test("a call of 100 inputs costs less than 5 ms however many records there are", () => {
  const portal = new Portal(settingsSchema.parse({ objects: OBJECTS }), systemClock);
  const type = portal.type("contacts");
  const call = (number: number) =>
    writeBatch(
      portal,
      type,
      "upsert",
      Array.from({ length: 100 }, (_, at) => ({
        id: `c${number * 100 + at}`,
        idProperty: "customer_id",
        properties: {
          firstname: "Ada",
          purchases: String(at),
          first_purchase: "2024-01-01",
          tier: "silver",
          active: "true",
        },
        traceId: `t${at}`,
      })),
    );
  for (let number = 0; number < 200; number++) call(number);
  const startedAt = process.cpuUsage();
  for (let number = 150; number < 250; number++) call(number);
  const used = process.cpuUsage(startedAt);
  expect((used.user + used.system) / 1000 / 100).toBeLessThan(5);
  expect(portal.store(type).size).toBe(25_000);
});
