import type { SizedChanges } from "../sync/plan_sample.ts";
import type { SyncConfig } from "../sync/sync_config.ts";

/** What HubSpot's limits are and what is left of them, as one answer's headers tell (usage guidelines, read 2026-11); null where they do not. */
export interface LimitReading {
  readonly max: number | null;
  readonly remaining: number | null;
  readonly window_ms: number | null;
  readonly daily: number | null;
  readonly daily_remaining: number | null;
}

/** What a push would need and take at the present limits. */
export interface PushEstimate {
  /** Without those that are sent again. */
  readonly calls: number;
  readonly seconds: number;
  /** Calls that fit into today's limit less the reserve; null where HubSpot does not tell. */
  readonly calls_today: number | null;
  /** Rows that would wait for another day. */
  readonly rows_deferred: number;
}

export function readLimits(headers: Readonly<Record<string, string>>): LimitReading {
  const count = (name: string) => {
    const value = headers[`x-hubspot-ratelimit-${name}`]?.trim() ?? "";
    return /^\d{1,9}$/.test(value) ? Number(value) : null;
  };
  return {
    max: count("max"),
    remaining: count("remaining"),
    window_ms: count("interval-milliseconds"),
    daily: count("daily"),
    daily_remaining: count("daily-remaining"),
  };
}

/**
 * Estimates a push of a sync from the limits as they are now and from how long HubSpot took to answer one request.
 * `syncsAtOnce` share the limit.
 */
export function estimatePush(
  changes: readonly SizedChanges[],
  config: Pick<SyncConfig, "batch_sizing" | "rate">,
  now: {
    readonly limits: LimitReading;
    readonly latencyMs: number;
    readonly syncsAtOnce: number;
  },
): PushEstimate {
  const { limits, latencyMs, syncsAtOnce } = now;
  const { calls_in_flight, daily_reserve } = config.rate;
  const atOnce = calls_in_flight * config.batch_sizing.parallelism;
  const reserve = Math.floor((limits.daily ?? 0) * daily_reserve);
  const rows = changes.reduce((sum, some) => sum + some.rows, 0);
  const calls = callsOf(changes);
  const windowMs = limits.window_ms ?? config.rate.window_seconds * 1000;
  const permitted = Math.max(1, Math.min(config.rate.calls, limits.max ?? config.rate.calls) / syncsAtOnce);
  const free = Math.min(limits.remaining ?? permitted, permitted);
  const callsToday = limits.daily_remaining === null ? null : Math.max(0, limits.daily_remaining - reserve);
  const sent = Math.min(calls, callsToday ?? calls);
  const byLimit = (Math.max(0, sent - free) / permitted) * windowMs;
  const byLatency = Math.ceil(sent / Math.max(1, atOnce)) * latencyMs;
  return {
    calls,
    seconds: Math.max(byLimit, byLatency) / 1000,
    calls_today: callsToday,
    rows_deferred: calls === sent ? 0 : Math.max(0, Math.round(rows - sent * (rows / filledBy(changes)))),
  };
}

/** Creates and updates may share a call; what is archived has calls of its own. */
function callsOf(changes: readonly SizedChanges[]): number {
  const archived = changes.filter(({ operation }) => operation === "archive");
  const written = changes.filter(({ operation }) => operation !== "archive");
  return whole(filledBy(written)) + whole(filledBy(archived));
}

/** Calls that changes would fill if none had to end early for a long row. */
function filledBy(changes: readonly SizedChanges[]): number {
  return changes.reduce((sum, { rows, rowsOfCall }) => sum + rows / rowsOfCall, 0);
}

/** Fractions that make a whole number may add up to a hair more. */
function whole(calls: number): number {
  return Math.ceil(calls - 1e-9);
}
