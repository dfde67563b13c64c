import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import { type ErrorObject, parseAnswerBody } from "./answer_body.ts";

/** What a 429 asks for. */
export type LimitAnswer =
  | { readonly kind: "daily"; readonly code: string }
  | { readonly kind: "pause"; readonly code: string; readonly seconds: number };

/** The burst window of a private app (usage guidelines, read 2026-11). */
const WINDOW_SECONDS = 10;

/**
 * Reads a 429: `policyName` decides, then the sentence, then the headers; any other 429 is a burst limit.
 * Null for every other answer.
 */
export function limitAnswer(answer: HubSpotAnswer): LimitAnswer | null {
  if (answer.kind !== "answered" || answer.status !== 429) return null;
  const code = limitName(parseAnswerBody(answer.body).error);
  const nothingLeftToday = answer.headers["x-hubspot-ratelimit-daily-remaining"] === "0";
  if (code === "DAILY" || (code === "RATE_LIMIT" && nothingLeftToday))
    return { kind: "daily", code: "DAILY" };
  return {
    kind: "pause",
    code,
    seconds: retryAfterSeconds(answer.headers) ?? (code === "SECONDLY" ? 1 : WINDOW_SECONDS),
  };
}

/** Which limit an error tells of: `policyName` decides, then the sentence. */
export function limitName(error: ErrorObject | null): "DAILY" | "TEN_SECONDLY" | "SECONDLY" | "RATE_LIMIT" {
  const words = error?.policyName || (error?.message ?? "");
  if (/daily/i.test(words)) return "DAILY";
  if (/ten_?\s?secondly/i.test(words)) return "TEN_SECONDLY";
  return /secondly/i.test(words) ? "SECONDLY" : "RATE_LIMIT";
}

/** `Retry-After` in seconds, or as a date next to the answer's own `Date`; null when absent or unreadable. */
export function retryAfterSeconds(headers: Readonly<Record<string, string>>): number | null {
  const value = headers["retry-after"]?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const until = Date.parse(value);
  const sent = Date.parse(headers.date ?? "");
  return Number.isNaN(until) || Number.isNaN(sent) ? null : Math.max(0, (until - sent) / 1000);
}

/**
 * Whether what is left of the day's calls is no more than the part that other applications are to have. False without the headers, which OAuth
 * apps do not get.
 */
export function isReserveReached(answer: HubSpotAnswer, reserve: number): boolean {
  if (answer.kind !== "answered") return false;
  const daily = countIn(answer.headers["x-hubspot-ratelimit-daily"]);
  const left = countIn(answer.headers["x-hubspot-ratelimit-daily-remaining"]);
  if (daily === null || left === null) return false;
  const kept = Math.floor(daily * reserve);
  return kept > 0 && left <= kept;
}

/** The count in a header; null when it is absent or no count. */
export function countIn(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null;
}
