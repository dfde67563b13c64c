import type { Random } from "../../f/reverse_etl/sync/clock.ts";
import type { Retry } from "./openflow_input.ts";

/** Windmill caps a delay at six hours (windmill-queue, `MAX_RETRY_INTERVAL`, 1.788). */
const MAX_DELAY_SECONDS = 6 * 60 * 60;

/**
 * Seconds until the next attempt, or `undefined` when there is none left.
 *
 * Windmill's formula (flows.rs, `Retry::interval`): the constant attempts come first; then `multiplier *
 * seconds ^ (n + 1)`, where n is the number of *all* retries before this one, the constant ones included. It
 * does not double. `random_factor` moves it by up to that many percent.
 *
 * @param retriesBefore retries made so far; 0 after the first failure
 */
export function retryDelay(retry: Retry, retriesBefore: number, random: Random): number | undefined {
  const constant = retry.constant?.attempts ?? 0;
  if (retriesBefore < constant) return Math.min(retry.constant?.seconds ?? 0, MAX_DELAY_SECONDS);
  const exponential = retry.exponential;
  if (exponential === undefined || retriesBefore - constant >= (exponential.attempts ?? 0)) return undefined;
  const seconds = (exponential.multiplier ?? 1) * (exponential.seconds ?? 0) ** (retriesBefore + 1);
  const factor = Math.min(exponential.random_factor ?? 0, 100);
  if (factor === 0) return Math.min(seconds, MAX_DELAY_SECONDS);
  const percent = Math.floor(random() * factor);
  const sign = random() < 0.5 ? 1 : -1;
  const moved = seconds + sign * Math.floor((seconds * percent) / 100);
  return Math.min(moved, MAX_DELAY_SECONDS);
}
