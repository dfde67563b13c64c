import type { CompiledSync } from "../f/reverse_etl/sync/sync_session.ts";

/** How a worker pushes: with the step itself, or as something else that people use would. */
export type Pusher = "tailrace" | "seed_hook" | "sdk_limiter";

/** What one worker process is to push. */
export interface PushWork {
  readonly pusher: Pusher;
  readonly warehouse: Readonly<Record<string, string>>;
  readonly hubspot: { readonly token: string; readonly base_url: string };
  readonly sync: CompiledSync;
  readonly run_id: string;
  readonly token: string;
  readonly batch: {
    readonly number: number;
    readonly first_seq: number;
    readonly last_seq: number;
    readonly rate_share: number;
  };
}

/** What a worker of the memory benchmark measured of itself. */
export interface WorkerFigures {
  readonly acknowledged: number;
  /** Calls answered 429. */
  readonly limited: number;
  /** The largest resident set, in bytes. */
  readonly peakRss: number;
  readonly seconds: number;
  /** CPU seconds, user and system, of all threads. */
  readonly cpu: number;
  /** Seconds in which at least one such request was under way; they overlap. */
  readonly busy: { readonly reading: number; readonly hubspot: number; readonly journal: number };
}

/** What a worker tells its parent: that its code is loaded, what it measured, or why it failed. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | ({ readonly kind: "done" } & WorkerFigures)
  | { readonly kind: "failed"; readonly message: string };
