import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Change } from "../../../f/reverse_etl/sync/change.ts";
import { openSnowflake } from "../../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { hubspotPart } from "../../../local/bundle/bundle.ts";
import { type RunningSimulator, startSimulator } from "../../../local/hubspot_simulator/server.ts";
import type { FaultRuleOptions } from "../../../local/hubspot_simulator/settings.ts";
import { allWritten, startScriptedServer } from "../../hubspot/scripted_server.ts";
import {
  compiledPeople,
  compileSync,
  contacts,
  type Person,
  PROPERTIES,
  persons,
} from "../../support/people_sync.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../../support/snowflake_lane.ts";
import { bundlesForThisFile, ROOT } from "./bundles_for_this_file.ts";
import type { LibraryOrder, LibraryReport } from "./library_child.ts";
import { keptIn, sourceOf } from "./people_in_snowflake.ts";
import { ABSENT, AVAILABLE, type Runtime, runOn } from "./runtimes.ts";
import type { SyncOrder } from "./sync_child.ts";
import { judgements, troubledServers } from "./troubled_servers.ts";

const bundles = bundlesForThisFile();
const TOKEN = "simulator-token";

const TOO_MANY: FaultRuleOptions = {
  match: { path: "batch/upsert" },
  action: { reply: { status: 429, body: { status: "error", message: "slow down", policyName: "SECONDLY" } } },
};

/** Applied, but nobody hears of it. */
const ANSWER_LOST: FaultRuleOptions = {
  match: { path: "batch/upsert" },
  nth: 2,
  action: { apply: "now", reply: "reset" },
};

/** Three runtimes and an emulator start at the same time. */
const BUSY_MS = 120_000;

/** What each runtime gave, by its name. */
async function onEach<T>(work: (runtime: Runtime) => Promise<T>): Promise<readonly (readonly [string, T])[]> {
  return Promise.all(AVAILABLE.map(async (runtime) => [runtime.name, await work(runtime)] as const));
}

async function portal(...faults: FaultRuleOptions[]): Promise<RunningSimulator> {
  const hubspot = await startSimulator({
    objects: [{ name: "contacts", properties: PROPERTIES }],
    faults,
  });
  onTestFinished(() => hubspot.close());
  return hubspot;
}

async function held(hubspot: RunningSimulator): Promise<Record<string, string>> {
  const answer = await fetch(`${hubspot.url}/_simulator/records/contacts`);
  const { records } = (await answer.json()) as { records: { properties: Record<string, string> }[] };
  const told = records.map(({ properties }) => [properties.person_number, properties.score] as const);
  return Object.fromEntries(told.sort());
}

describe("a bundle", () => {
  it("imports nothing but modules of Node, and those under their node: names", () => {
    const others = bundles
      .all()
      .flatMap(({ name, imports }) =>
        imports.filter((path) => !path.startsWith("node:")).map((path) => `${name}.js imports ${path}`),
      );
    expect(others).toEqual([]);
  });

  it("is there for every script that a committed flow runs", () => {
    const folder = join(ROOT, "f", "reverse_etl");
    const flows = readdirSync(folder).filter((name) => name.endsWith("__flow"));
    const run = flows.flatMap((flow) => {
      const text = readFileSync(join(folder, flow, "flow.yaml"), "utf8");
      return [...text.matchAll(/path: f\/reverse_etl\/(\w+)$/gm)].map(([, name = ""]) => name);
    });
    expect(run.length).toBeGreaterThan(0);
    expect(bundles.all().map(({ name }) => name)).toEqual(expect.arrayContaining(run));
  });

  it("of the library exports whatever the files of flows/ import", async () => {
    const folder = join(ROOT, "flows");
    const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
    const imported = texts.flatMap((text) =>
      [...text.matchAll(/^import \{([^}]+)\} from "\.\.\/f\//gm)].flatMap(([, names = ""]) =>
        names
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "" && !name.startsWith("type ")),
      ),
    );
    const library: object = await import(pathToFileURL(bundles.file("tailrace")).href);
    expect(imported.length).toBeGreaterThan(0);
    expect(Object.keys(library)).toEqual(expect.arrayContaining(imported));
  });

  it("talks to HubSpot with less than 400 kB, minified", async () => {
    const { bytes, packages } = await hubspotPart(ROOT, true);
    expect(packages.has("@hubspot/api-client")).toBe(true);
    expect(bytes).toBeLessThan(400_000);
  });

  it("carries no client of a cloud's storage or identity, and no second fetch", () => {
    const unwanted = /^(@aws|@azure|@google|@smithy|google-auth-library|gaxios|node-fetch|whatwg-url|tr46)/;
    const found = bundles
      .all()
      .flatMap(({ name, packages }) =>
        [...packages.keys()].filter((key) => unwanted.test(key)).map((key) => `${key} in ${name}.js`),
      );
    expect(found).toEqual([]);
    const push = bundles.all().find(({ name }) => name === "hubspot_push");
    expect(push?.packages.has("snowflake-sdk")).toBe(true);
  });
});

for (const name of ABSENT)
  it.skip(`runs on ${name} (skipped: npm has no ${name} for this machine)`, () => {});

describe(`the library, on ${AVAILABLE.map(({ name }) => name).join(", ")}`, () => {
  it("loads every bundle, compiles the same flow, pushes alike, and judges a failing network alike", {
    timeout: BUSY_MS,
  }, async () => {
    const troubles = await troubledServers(onTestFinished);
    const order = {
      bundles: bundles.all().flatMap(({ name }) => (name === "tailrace" ? [] : [name])),
      sync: contacts(),
      troubles: Object.fromEntries(
        Object.entries(troubles).map(([name, url]) => [
          name,
          { url, timeoutMs: name.startsWith("silent") ? 300 : 10_000 },
        ]),
      ),
      changes: changesOf(11),
    };

    const reports = await onEach(async (runtime) => {
      const hubspot = await portal(TOO_MANY, ANSWER_LOST);
      const dropping = await startScriptedServer((request, number) =>
        number === 2 ? { drop: true } : allWritten(request),
      );
      onTestFinished(() => dropping.close());
      const full: LibraryOrder = { ...order, hubspot: hubspot.url, dropsSecond: dropping.baseUrl };
      const report = await runOn<LibraryReport>(runtime, bundles.file("library_child"), full);
      return { report, held: await held(hubspot), arrived: dropping.received.length };
    });

    const flow: unknown = JSON.parse(JSON.stringify(compileSync(contacts())));
    for (const [name, { report, held, arrived }] of reports) {
      expect(report.mains, name).toEqual(order.bundles);
      expect(report.flow, name).toEqual(flow);
      expect(report.judged, name).toEqual(judgements());
      // Deno's fetch sends a POST again when a connection that it reuses is lost (denoland/deno#35610), unless its body can be read only once.
      expect({ dropped: report.dropped, arrived }, name).toEqual({
        dropped: { kind: "unanswered", reason: "connection_lost", maybeApplied: true },
        arrived: 2,
      });
      expect(report.outcomes, name).toEqual({
        ...Object.fromEntries(order.changes.map(({ id }) => [id, "acknowledged"])),
        p7: "rejected INVALID_OPTION",
      });
      expect(held, name).toEqual(
        Object.fromEntries(
          order.changes.flatMap(({ id }, index) => (id === "p7" ? [] : [[id, `${index}`]])).sort(),
        ),
      );
    }
  });
});

describe.skipIf(NO_EMULATOR !== null)(
  `the steps, on ${AVAILABLE.map(({ name }) => name).join(", ")}, over Snowflake's protocol${BECAUSE}`,
  () => {
    const emulator = emulatorForThisFile();

    it("plan, push and settle alike, and send nothing a second time", { timeout: BUSY_MS }, async () => {
      const { timings: _tests, ...sync } = contacts();
      const ended = await onEach(async (runtime) => {
        const resource = emulator.resource(newDatabase());
        const warehouse = await openSnowflake(resource, { run_id: "test", step: "bundles" });
        onTestFinished(() => warehouse.close());
        await sourceOf(
          warehouse,
          persons(14, (index) => PARTICULAR[index] ?? {}),
        );
        const hubspot = await portal(ANSWER_LOST);
        const order: SyncOrder = {
          warehouse: resource,
          hubspot: { token: TOKEN, base_url: hubspot.url },
          sync: compiledPeople(sync),
          run_ids: ["run-1", "run-2"],
        };
        const [first, second] = await runOn<object[]>(runtime, bundles.file("sync_child"), order);
        return { first, second, held: await held(hubspot), ...(await keptIn(warehouse)) };
      });

      const [, inNode] = ended[0] ?? [];
      for (const [name, { first, second, held, state, rejections }] of ended) {
        expect(first, name).toMatchObject({
          status: "planned",
          counts: { rows_read: 14, to_create: 13, refused: 1 },
          batches: 3,
          outcomes: { acknowledged: 12, rejected: 1, deferred: 0, unknown: 0 },
        });
        expect(second, name).toMatchObject({
          status: "no_changes",
          counts: { unchanged: 12, skipped: 1, refused: 1 },
        });
        expect(Object.keys(held), name).toHaveLength(12);
        expect(state, name).toEqual(held);
        expect(rejections, name).toEqual(["null MISSING_ID", "p7 INVALID_OPTION"]);
        // Plan ids among them: the same rows were found, in the same order, with the same values.
        expect({ first, second, held }, name).toEqual({
          first: inNode?.first,
          second: inNode?.second,
          held: inNode?.held,
        });
      }
    });
  },
);

/** One has a value that HubSpot does not know, the last one no id. */
const PARTICULAR: Readonly<Record<number, Partial<Person>>> = { 7: { tier: "platinum" }, 13: { id: null } };

function changesOf(count: number): readonly Change[] {
  return Array.from({ length: count }, (_, index) => {
    const properties = { score: `${index}`, tier: PARTICULAR[index]?.tier ?? "gold" };
    return {
      seq: index + 1,
      id: `p${index}`,
      operation: "create",
      hubspotId: null,
      payload: properties,
      desired: properties,
      known: false,
    };
  });
}
