import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { allWritten, type Received, refused, type Scripted } from "../hubspot/scripted_server.ts";
import { jumpingClock } from "../hubspot/virtual_clock.ts";
import { changes, type Pushed, type PushOptions, push } from "./push_fixture.ts";

export const DOWN = refused(503, "ERROR", "service unavailable");

export const idsOf = ({ inputs }: Received) =>
  inputs.map(({ id, properties }) => id ?? properties?.customer_id ?? "");

export interface Trouble {
  readonly patienceMs: number;
  readonly sync?: NonNullable<PushOptions["sync"]>;
  readonly change?: (seq: number) => Partial<Change>;
  /** What a request is answered with, `at` milliseconds after the push began; null as by a healthy HubSpot. */
  readonly fault: (request: Received, at: number) => Scripted | null;
  /** What a healthy HubSpot answers to a read; that nobody is there when absent. */
  readonly read?: (request: Received) => Scripted;
}

export interface Troubled extends Pushed {
  /** When each request that met the fault arrived, in milliseconds since the push began. */
  readonly failedAt: readonly number[];
  /** When the first request arrived that met none. */
  readonly firstTaken: number | null;
  readonly lasted: number;
  /** Lines that the push told while it waited. */
  readonly told: readonly string[];
}

/** Pushes changes to a HubSpot that has trouble for some time; waiting takes none. */
export async function pushInTrouble(
  rows: number,
  { patienceMs, sync = {}, change, fault, read = nobodyThere }: Trouble,
): Promise<Troubled> {
  const clock = jumpingClock();
  const began = clock.now();
  const failedAt: number[] = [];
  const told: string[] = [];
  let firstTaken: number | null = null;
  const answer = (request: Received): Scripted => {
    const at = clock.now() - began;
    const failed = fault(request, at);
    if (failed !== null) {
      failedAt.push(at);
      return failed;
    }
    firstTaken ??= at;
    if (request.path.endsWith("/read")) return read(request);
    return request.path.endsWith("/archive") ? { status: 204 } : allWritten(request);
  };
  const progress = { decided: () => undefined, waits: (line: string) => void told.push(line) };
  const pushed = await push(changes(rows, change), answer, {
    sync: { callsInFlight: 16, patienceMs, ...sync },
    ports: { clock, progress },
  });
  return { ...pushed, failedAt, firstTaken, told, lasted: clock.now() - began };
}

/** Answers `answer` from one moment to another. */
export const between =
  (from: number, to: number, answer: Scripted = DOWN) =>
  (_: Received, at: number): Scripted | null =>
    at >= from && at < to ? answer : null;

function nobodyThere(request: Received): Scripted {
  const errors = [{ category: "OBJECT_NOT_FOUND", message: "…", context: { ids: idsOf(request) } }];
  return { status: 207, body: { status: "COMPLETE", results: [], errors } };
}
