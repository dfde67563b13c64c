import type { ReadRequest, WriteAction, WriteCall } from "../../f/reverse_etl/sync/hubspot_port.ts";
import type { RecordedAnswer } from "./recorded_answers.ts";

/** The request of ours that a recorded one stands for. */
export type ReplayedRequest =
  | { readonly kind: "write"; readonly call: WriteCall }
  | { readonly kind: "read"; readonly request: ReadRequest };

const OBJECTS =
  /^\/crm\/(?:v\d+\/objects|objects\/[^/]+)\/([^/?]+)(?:\/batch\/(\w+)|\/([^/?]+))?\/?(?:\?(.*))?$/;
const BATCH_ACTIONS: readonly string[] = ["create", "update", "upsert", "archive"] satisfies WriteAction[];

/**
 * Turns a recorded request into the one that this project sends for the same purpose: a single-record endpoint becomes a
 * batch of one. Null when it sends none for it.
 */
export function replayedRequest(recorded: RecordedAnswer): ReplayedRequest | null {
  const { method, path, inputs } = recorded.request;
  const parts = OBJECTS.exec(path);
  if (parts === null) return null;
  const [, type = "", batch, record, query = ""] = parts;
  const objectType = decodeURIComponent(type);
  const idProperty = recorded.request.idProperty ?? new URLSearchParams(query).get("idProperty") ?? undefined;
  const action = batch ?? singleAction(method.toUpperCase(), record !== undefined);
  if (action === "read") {
    const ids = inputs.map((input) => input.id ?? record ?? "");
    return {
      kind: "read",
      request: {
        objectType,
        idProperty: idProperty ?? null,
        ids,
        properties: recorded.request.properties ?? [],
      },
    };
  }
  if (action === null || !isWriteAction(action)) return null;
  return {
    kind: "write",
    call: {
      objectType,
      action,
      inputs: inputs.map((input, index) => {
        const key = input.idProperty ?? idProperty;
        return {
          traceId: `replay-${index}`,
          ...(action === "create" ? {} : { id: input.id ?? decodeURIComponent(record ?? "") }),
          ...(key === undefined || action === "create" ? {} : { idProperty: key }),
          properties: input.properties,
        };
      }),
    },
  };
}

function singleAction(method: string, hasRecord: boolean): string | null {
  if (!hasRecord) return method === "POST" ? "create" : null;
  return { PATCH: "update", DELETE: "archive", GET: "read" }[method] ?? null;
}

function isWriteAction(action: string): action is WriteAction {
  return BATCH_ACTIONS.includes(action);
}
