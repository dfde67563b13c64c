import { expect, it } from "vitest";
import type { FlowEvent } from "../../local/flow_runner/flow_run.ts";
import { capturedOutput } from "../support/captured_output.ts";
import { flowWorld, TOKEN } from "../support/flow_world.ts";
import { WRITES } from "../support/lost_answers.ts";
import { contacts, type Person } from "../support/people_sync.ts";

const SECRET = TOKEN;
const NOTE = "canary-note-Grace-1906";
const EMAIL = "canary.person@example.com";
const TIER = "canary-tier-platinum";
const PERSONAL = [NOTE, EMAIL, TIER, "canary"];

const people: readonly Person[] = [
  { id: "p1", score: 1, tier: "gold", note: NOTE },
  { id: "p2", score: 2, tier: TIER, note: EMAIL },
  { id: "p3", score: 3, tier: "gold", note: `${NOTE} ${EMAIL}` },
  { id: "p3", score: 3, tier: "gold", note: NOTE },
  { id: null, score: 3, tier: "gold", note: NOTE },
];

/** The columns that hold values by design. */
const VALUE_COLUMNS = ["payload", "desired"];

const FAULTS = [
  { apply: "now" },
  {
    reply: {
      status: 400,
      body: {
        status: "error",
        category: "VALIDATION_ERROR",
        message: `${EMAIL} is invalid, token ${SECRET}`,
      },
    },
  },
  {
    reply: {
      status: 401,
      body: {
        status: "error",
        category: "INVALID_AUTHENTICATION",
        message: `The token ${SECRET} of ${EMAIL}`,
      },
    },
  },
  {
    reply: {
      status: 403,
      body: { status: "error", category: "MISSING_SCOPES", message: `${NOTE} ${SECRET}` },
    },
  },
  { reply: { status: 500, body: `<html>${SECRET} ${EMAIL} ${NOTE}</html>` } },
  { apply: "now", echo: { note: `changed ${EMAIL}` } },
] as const;

it("Promise 9: No secret and no personal value appears in a log, a result or an error; rows are named by their source id", {
  timeout: 60_000,
}, async () => {
  const seen: string[] = [];
  const written = await capturedOutput(async () => {
    for (const action of FAULTS) {
      const world = await flowWorld({ sync: contacts({ batch_size: 2 }) });
      await world.people(people);
      await world.fault({ match: WRITES, times: 3, action });
      const events: FlowEvent[] = [];
      const run = await world.run({ onEvent: (event) => events.push(event) });
      seen.push(JSON.stringify(run), JSON.stringify(events));
      for (const table of [
        "people_sync",
        "people_sync_journal",
        "people_sync_rejections",
        "retl_runs",
        "asset_events",
        "people_sync_lease",
        "people_sync_state",
      ]) {
        for (const row of await world.sql(`select * from retl.${table}`)) {
          const shown = Object.entries(row).filter(([column]) => !VALUE_COLUMNS.includes(column));
          seen.push(`${table} ${JSON.stringify(Object.fromEntries(shown))}`);
        }
      }
    }
  });
  const forms = [SECRET, Buffer.from(SECRET).toString("base64"), encodeURIComponent(SECRET), ...PERSONAL];
  const leaks = [...seen, ...written].filter((text) => forms.some((form) => text.includes(form)));
  expect(leaks.map((text) => text.slice(0, 2_000))).toEqual([]);
  // The rows are named all the same.
  expect(seen.filter((text) => text.startsWith("people_sync_rejections")).join()).toContain(
    '"person_id":"p2"',
  );
});
