import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import type { PushSync } from "../../f/reverse_etl/sync/call_of_changes.ts";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import type { Outcome } from "../../f/reverse_etl/sync/outcome.ts";
import { type PushPorts, pushBatch } from "../../f/reverse_etl/sync/push.ts";
import type { CallRecord } from "../../f/reverse_etl/sync/push_ports.ts";
import type { PushSummary } from "../../f/reverse_etl/sync/push_summary.ts";
import { type Received, type Scripted, startScriptedServer } from "../hubspot/scripted_server.ts";
import { jumpingClock } from "../hubspot/virtual_clock.ts";

export const UPSERT: PushSync = {
  objectType: "contacts",
  action: "upsert",
  idProperty: "customer_id",
  batchSize: 100,
  callsInFlight: 2,
  patienceMs: 0,
};

export function changes(
  count: number,
  over: (seq: number) => Partial<Change> = () => ({}),
): readonly Change[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = index + 1;
    const payload = { city: `city ${seq}` };
    return {
      seq,
      id: `c${seq}`,
      operation: "update",
      hubspotId: null,
      payload,
      desired: payload,
      known: false,
      ...over(seq),
    };
  });
}

export interface Pushed {
  readonly summary: PushSummary | null;
  readonly error: unknown;
  readonly received: readonly Received[];
  readonly records: readonly CallRecord[];
  readonly ended: boolean;
  /** What the attempt's end says ended it early. */
  readonly endedFor: string | null;
  readonly slept: readonly number[];
  /** The last entry of every row. */
  readonly outcomes: ReadonlyMap<number, Outcome>;
}

export interface PushOptions {
  readonly sync?: Partial<PushSync>;
  readonly timeoutMs?: number;
  readonly decided?: ReadonlySet<number>;
  readonly repeated?: boolean;
  readonly ports?: Partial<PushPorts>;
  readonly pageSize?: number;
  /** Read instead of the rows. */
  readonly pages?: AsyncIterable<readonly Change[]>;
  readonly expected?: number;
  readonly append?: (records: readonly CallRecord[]) => Promise<void>;
  readonly random?: () => number;
}

/** Pushes changes through the real client to a server that answers as the test says; waiting takes no time. */
export async function push(
  rows: readonly Change[],
  answer: (request: Received, number: number) => Scripted | Promise<Scripted>,
  options: PushOptions = {},
): Promise<Pushed> {
  const server = await startScriptedServer(answer);
  try {
    const pushed = await pushTo(server.baseUrl, "pat-test-token", rows, options);
    return { ...pushed, received: server.received };
  } finally {
    await server.close();
  }
}

/** Pushes changes through the real client to whatever listens there. */
export async function pushTo(
  baseUrl: string,
  token: string,
  rows: readonly Change[],
  options: PushOptions = {},
): Promise<Omit<Pushed, "received">> {
  const clock = jumpingClock();
  const records: CallRecord[] = [];
  let ended = false;
  let endedFor: string | null = null;
  let summary: PushSummary | null = null;
  let error: unknown = null;
  const resource = { token, base_url: baseUrl };
  try {
    summary = await pushBatch({
      sync: { ...UPSERT, ...options.sync },
      changes: options.pages ?? pagesOf(rows, options.pageSize ?? 250),
      ...(options.expected === undefined ? {} : { expected: options.expected }),
      ports: {
        hubspot: hubspotFromResource(resource, options.timeoutMs ?? 5_000),
        journal: {
          decided: options.decided ?? new Set(),
          repeated: options.repeated ?? false,
          append: async (added) => {
            await options.append?.(added);
            records.push(...added);
          },
          end: async (reason = null) => {
            ended = true;
            endedFor = reason;
          },
        },
        permit: { beforeCall: async () => true },
        limiter: { acquire: async () => ({ answered: () => {}, unused: () => {} }) },
        clock,
        random: options.random ?? (() => 0.5),
        ...options.ports,
      },
    });
  } catch (thrown) {
    error = thrown;
  }
  const outcomes = new Map(
    records.flatMap(({ results }) => results).map(({ seq, outcome }) => [seq, outcome]),
  );
  return { summary, error, records, ended, endedFor, slept: clock.slept, outcomes };
}

export async function* pagesOf(rows: readonly Change[], size: number): AsyncGenerator<readonly Change[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
