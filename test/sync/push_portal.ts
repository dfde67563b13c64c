import { onTestFinished } from "vitest";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../local/hubspot_simulator/settings.ts";
import { changes, type PushOptions, pushTo } from "./push_fixture.ts";

interface Held {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** A property by which records of every type are found. */
export const KEY = { name: "erp_number", type: "string" as const, hasUniqueValue: true };
const OBJECTS: StartOptions["objects"] = [
  ...["contacts", "companies", "deals", "tickets"].map((name) => ({ name, properties: [KEY] })),
  {
    name: "machines",
    objectTypeId: "2-4711",
    properties: [KEY, { name: "model", type: "string" }, { name: "hours", type: "number" }],
  },
];

/** A portal and pushes of one object type to it. */
export async function portalOf(objectType: string, options: StartOptions = {}) {
  const running = await startSimulator({ objects: OBJECTS, ...options });
  onTestFinished(() => running.close());
  const send = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${running.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${DEFAULT_TOKEN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as { id: string };
  };
  return {
    push: (rows: readonly Change[], sync: PushOptions["sync"] = {}) =>
      pushTo(running.url, DEFAULT_TOKEN, rows, { sync: { objectType, idProperty: "erp_number", ...sync } }),
    make: async (properties: object) =>
      (await send("POST", `/crm/v3/objects/${objectType}`, { properties })).id,
    merge: (primaryObjectId: string, objectIdToMerge: string) =>
      send("POST", `/crm/v3/objects/${objectType}/merge`, { primaryObjectId, objectIdToMerge }),
    delete: (id: string) =>
      fetch(`${running.url}/crm/v3/objects/${objectType}/${id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${DEFAULT_TOKEN}` },
      }),
    async held(): Promise<readonly Held[]> {
      const answer = await fetch(`${running.url}/_simulator/records/${objectType}`);
      return ((await answer.json()) as { records: readonly Held[] }).records;
    },
  };
}

/** One change, as `changes` makes it but for what is given. */
export const row = (over: Partial<Change>): readonly Change[] => changes(1, () => over);
