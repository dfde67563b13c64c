import { createHash } from "node:crypto";
import type { DbtRequest } from "./dbt_backend.ts";

/**
 * The name under which the system that builds keeps this request: a repeated step asks under the same name, another run and another
 * request of the same run under other ones. Letters, digits, `-` and `_` only, at most 73 characters.
 *
 * It is why no table of ours records a started build: the record is made by the very request that starts it, and so there is no moment in
 * which one exists without the other.
 */
export function buildKey({ runId, models, fullRefresh }: DbtRequest): string {
  const request = sha256(JSON.stringify([[...models].sort(), fullRefresh])).slice(0, 8);
  return `${/^[\w-]{1,64}$/.test(runId) ? runId : sha256(runId)}-${request}`;
}

/** A UUID (version 8, RFC 9562) that is always the same for the same text. */
export function uuidOf(text: string): string {
  const hex = sha256(text);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
