import { onTestFinished } from "vitest";
import {
  type RunningSimulator,
  type StartOptions,
  startSimulator,
} from "../../../local/hubspot_simulator/server.ts";
import { DEFAULT_TOKEN } from "../../../local/hubspot_simulator/settings.ts";

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads bodies of every shape and compares them as they are.
  readonly body: any;
}

export interface PortalClient extends RunningSimulator {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer>;
  batch(action: string, inputs: readonly unknown[], type?: string): Promise<RawAnswer>;
  /** The ids of new contacts with these properties, in the order given. */
  contacts(...properties: Record<string, string>[]): Promise<string[]>;
}

/** A contact type with a unique property and one property of every kind. */
export const OBJECTS: StartOptions["objects"] = [
  {
    name: "contacts",
    properties: [
      { name: "customer_id", type: "string", hasUniqueValue: true },
      { name: "purchases", type: "number" },
      { name: "first_purchase", type: "date" },
      { name: "last_seen", type: "datetime" },
      { name: "tier", type: "enumeration", options: ["bronze", "silver"] },
      { name: "interests", type: "enumeration", fieldType: "checkbox", options: ["music", "books", "film"] },
      { name: "active", type: "bool" },
    ],
  },
  {
    name: "subscriptions",
    objectTypeId: "2-1234567",
    singular: "Subscription",
    properties: [{ name: "plan", type: "string" }],
  },
];

/** Starts a simulator for one test and closes it afterwards. */
export async function startPortal(options: StartOptions = {}): Promise<PortalClient> {
  const running = await startSimulator({ objects: OBJECTS, ...options });
  onTestFinished(() => running.close());
  const send: PortalClient["send"] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${DEFAULT_TOKEN}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  return {
    ...running,
    send,
    batch: (action, inputs, type = "contacts") =>
      send("POST", `/crm/v3/objects/${type}/batch/${action}`, { inputs }),
    async contacts(...all) {
      const ids: string[] = [];
      for (const properties of all) {
        const answer = await send("POST", "/crm/v3/objects/contacts", { properties });
        if (answer.status !== 201) throw new Error(answer.text);
        ids.push(answer.body.id);
      }
      return ids;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An upsert input by the test portal's unique property. */
export function upsert(
  id: string,
  properties: Record<string, unknown>,
  traceId?: string,
): Record<string, unknown> {
  return {
    id,
    idProperty: "customer_id",
    properties,
    ...(traceId === undefined ? {} : { objectWriteTraceId: traceId }),
  };
}
