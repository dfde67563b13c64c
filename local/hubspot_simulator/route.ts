import type { z } from "zod";
import { wrongShape } from "./batch_input.ts";
import type { Portal } from "./portal.ts";

/** One request to HubSpot's API, authenticated and within the limits. */
export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  /** Left out in a 204. */
  readonly body?: Record<string, unknown>;
}

/**
 * One endpoint. `answer` does everything at once, so that a request is applied wholly or not at all; it throws a `Refusal`.
 */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** Whether a call of it changes records: what `writeCalls` counts. */
  readonly writes: boolean;
  /** The scope that a token needs; null for none. */
  scope(portal: Portal, request: ApiRequest): string | null;
  answer(portal: Portal, request: ApiRequest): ApiAnswer;
}

export function objectScope(right: "read" | "write"): Route["scope"] {
  return scopeOf("objects", right);
}

export function schemaScope(right: "read" | "write"): Route["scope"] {
  return scopeOf("schemas", right);
}

/** Lists come as `properties=a,b` or as `properties=a&properties=b`. */
export function listed(value: string | readonly string[] | undefined): string[] {
  const values = value === undefined ? [] : typeof value === "string" ? [value] : value;
  return values.flatMap((one) => one.split(",")).filter((one) => one !== "");
}

export function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

export function param(request: ApiRequest, name: string): string {
  return request.params[name] ?? "";
}

/** The body in the shape that an endpoint needs; refused as malformed otherwise. */
export function parsedBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw wrongShape("the body", parsed.error);
  return parsed.data;
}

/** `crm.objects.contacts.write`; all custom objects share one scope, and tickets have an old one for everything. */
function scopeOf(family: "objects" | "schemas", right: "read" | "write"): Route["scope"] {
  return (portal, request) => {
    const type = portal.type(param(request, "type"));
    if (type.name === "tickets") return "tickets";
    return `crm.${family}.${type.id.startsWith("2-") ? "custom" : type.name}.${right}`;
  };
}
