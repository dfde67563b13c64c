import { authenticate, requireScope } from "./authentication.ts";
import { invalidJson, Refusal, refusalBody } from "./refusal.ts";
import type { ApiAnswer, ApiRequest, Route } from "./route.ts";
import type { FaultAction } from "./settings.ts";
import type { Simulator } from "./simulator.ts";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly params: ApiRequest["params"];
  readonly query: ApiRequest["query"];
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** What goes back over the wire, or how the connection ends without an answer. */
export type WireReply =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** `""` for none. */
      readonly body: string;
    }
  | { readonly kind: "close" | "reset" | "hang" };

const JSON_TYPE = "application/json;charset=utf-8";

/**
 * Takes one request the way HubSpot does: credentials, limits, scope, then the work. A client that goes away does not
 * stop it. Faults come after the limits, so that a scripted fault never hits a call that HubSpot would not have served.
 */
export async function exchange(
  simulator: Simulator,
  route: Route | null,
  request: WireRequest,
): Promise<WireReply> {
  const { portal, clock } = simulator;
  let headers: Readonly<Record<string, string>> = {};
  const answered = (answer: ApiAnswer): WireReply => jsonReply(answer, headers);
  const refused = (refusal: Refusal): WireReply => {
    const body = refusalBody(refusal, simulator.correlation.uuid());
    return jsonReply({ status: refusal.status, body }, headers);
  };
  try {
    const app = authenticate(request.authorization, portal.settings);
    const admission = portal.limits.admit(app.token, clock.now(), portal.settings);
    headers = admission.headers;
    if (admission.refusal !== null) return refused(admission.refusal);

    const fault = simulator.faults.choose(request, portal.settings.randomFaults) ?? {};
    await pause(simulator, drawLatency(simulator));
    await simulator.turns.next();
    const work = (): WireReply => {
      try {
        if (route === null) throw new Refusal({ status: 404, category: null, message: "resource not found" });
        const asked = { params: request.params, query: request.query, body: parsedJson(request) };
        requireScope(app, route.scope(portal, asked));
        return answered(altered(route.answer(portal, asked), fault));
      } catch (error) {
        if (error instanceof Refusal) return refused(error);
        throw error;
      }
    };
    const reply = applied(simulator, fault, work);
    await pause(simulator, fault.delayMs ?? 0);
    return replied(fault, reply, headers);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

/** Does the work now, later or never; null when its reply is not there in time. */
function applied(simulator: Simulator, fault: FaultAction, work: () => WireReply): WireReply | null {
  const apply = fault.apply ?? (typeof fault.reply === "object" ? "never" : "now");
  if (apply === "now") return work();
  if (apply === "never") return null;
  const { portal, counters } = simulator;
  counters.pendingApplies += 1;
  void simulator.clock.sleep(apply.afterMs).then(() => {
    counters.pendingApplies -= 1;
    if (simulator.portal === portal) work();
  });
  return null;
}

function replied(
  fault: FaultAction,
  reply: WireReply | null,
  headers: Readonly<Record<string, string>>,
): WireReply {
  const wanted = fault.reply ?? "normal";
  if (wanted === "close" || wanted === "reset" || wanted === "hang") return { kind: wanted };
  if (wanted === "empty_results") {
    const status = reply?.kind === "answer" && reply.status < 300 ? reply.status : 200;
    return jsonReply({ status, body: { status: "COMPLETE", results: [] } }, headers);
  }
  if (wanted === "normal") return reply ?? { kind: "close" };
  const { status, body } = wanted;
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const type = text === "" ? {} : { "content-type": typeof body === "string" ? "text/html" : JSON_TYPE };
  return { kind: "answer", status, headers: { ...headers, ...type, ...wanted.headers }, body: text };
}

/** Shows other values than HubSpot holds, in the answer only. */
function altered(answer: ApiAnswer, fault: FaultAction): ApiAnswer {
  if (fault.echo === undefined || answer.body === undefined) return answer;
  const results = Array.isArray(answer.body.results) ? answer.body.results : [answer.body];
  for (const { properties } of results) {
    for (const [name, value] of Object.entries(fault.echo)) {
      if (typeof properties === "object" && properties !== null && name in properties)
        properties[name] = value;
    }
  }
  return answer;
}

function jsonReply(answer: ApiAnswer, headers: Readonly<Record<string, string>>): WireReply {
  if (answer.body === undefined) return { kind: "answer", status: answer.status, headers, body: "" };
  const body = JSON.stringify(answer.body);
  return { kind: "answer", status: answer.status, headers: { ...headers, "content-type": JSON_TYPE }, body };
}

function parsedJson(request: WireRequest): unknown {
  if (request.method === "GET" || request.method === "DELETE") return undefined;
  if (!/^application\/json\b/i.test(request.contentType ?? "")) {
    throw new Refusal({ status: 415, category: null, message: "HTTP 415 Unsupported Media Type" });
  }
  try {
    return JSON.parse(request.body);
  } catch (error) {
    throw invalidJson(place(request.body, error));
  }
}

/** Where the JSON ends to make sense: V8 tells it as an offset, HubSpot as line and column. */
function place(body: string, error: unknown): string {
  const offset = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  const lines = body.slice(0, offset === undefined ? body.length : Number(offset)).split("\n");
  return `on line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function drawLatency(simulator: Simulator): number {
  const { minMs, maxMs } = simulator.settings.latency;
  return minMs === maxMs ? minMs : simulator.latency.integer(minMs, maxMs);
}

async function pause(simulator: Simulator, milliseconds: number): Promise<void> {
  if (milliseconds > 0) await simulator.clock.sleep(milliseconds);
}
