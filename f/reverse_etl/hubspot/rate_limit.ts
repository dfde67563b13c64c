import type { Clock, Random } from "../sync/clock.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import type { RateLimiter, RateSlot } from "../sync/push_ports.ts";
import { limitAnswer } from "./limit_answer.ts";

export interface RateLimitSettings {
  /** Calls that HubSpot permits in a window: 190 in 10 s for a Professional account (usage guidelines, read 2026-11). */
  readonly calls: number;
  readonly seconds: number;
  /** The part of them that is this process's, in (0, 1]. The shares of all processes must not add up to more than 1. */
  readonly share: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** How often a window that was found nearly full is looked at again. */
const PEEK_FRACTION = 0.1;

/** Calls left free for processes that start: each begins with one call, before it knows anything. */
const ROOM_PER_PROCESS = 2;

interface Slot {
  readonly sentAt: number;
  /** Null while the call is in flight. */
  answeredAt: number | null;
}

/**
 * Paces the calls of one process within its share of the window.
 *
 * - A slot is taken from before sending until one window after the answer, so that no rolling window as HubSpot sees it, which
 *   counts arrivals, can hold more of our calls than there are slots.
 * - What others use is learnt from the answers: `X-HubSpot-RateLimit-Remaining` is divided by shares, less what it cannot have
 *   counted yet. Until the first answer one call at a time leaves, because an earlier process may just have used the window.
 * - A 429 pauses every call of the process.
 */
export function createRateLimiter(settings: RateLimitSettings): RateLimiter {
  const { clock, random, share } = settings;
  const windowMs = settings.seconds * 1000;
  const room = Math.min(Math.ceil(ROOM_PER_PROCESS / share), Math.floor(settings.calls / 4));
  let calls = settings.calls;
  let slots: Slot[] = [];
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** Calls that may still leave by what the answers said; null when answers do not tell (no such header). */
  let credit: number | null = 1;
  let remaining: number | null = null;
  let heardAt = Number.NEGATIVE_INFINITY;
  let wakesAt = Number.POSITIVE_INFINITY;
  const waiting: ((slot: RateSlot) => void)[] = [];

  const capacity = () => Math.max(1, Math.floor(share * Math.max(1, calls - room)));

  /** When the next call may leave: now, a moment, or null when only an answer can tell. */
  function nextAt(now: number): number | null {
    if (now < pausedUntil) return pausedUntil;
    slots = slots.filter((slot) => slot.answeredAt === null || slot.answeredAt + windowMs > now);
    const answered = slots.flatMap((slot) => (slot.answeredAt === null ? [] : [slot.answeredAt]));
    if (slots.length >= capacity()) return answered.length === 0 ? null : Math.min(...answered) + windowMs;
    const inFlight = answered.length < slots.length;
    if (credit !== null && !inFlight && now - heardAt > windowMs) credit = 1;
    if (credit === null || credit >= 1) return now;
    if (inFlight) return null;
    // Nothing is in flight that could bring news, so one call goes out to look; with no room left even for that, everything that
    // was counted must have left the window first.
    const roomToLook = remaining === null || remaining >= 1 / share;
    return Math.max(now, heardAt + (roomToLook ? windowMs * PEEK_FRACTION : windowMs));
  }

  function pump(): void {
    while (waiting.length > 0) {
      const now = clock.now();
      const at = nextAt(now);
      if (at === null) return;
      if (at > now) {
        wakeAt(at, now);
        return;
      }
      waiting.shift()?.(take(now));
    }
  }

  function wakeAt(at: number, now: number): void {
    if (wakesAt <= at && wakesAt > now) return;
    wakesAt = at;
    void clock.sleep(at - now).then(() => {
      if (wakesAt === at) wakesAt = Number.POSITIVE_INFINITY;
      pump();
    });
  }

  function take(now: number): RateSlot {
    const slot: Slot = { sentAt: now, answeredAt: null };
    slots.push(slot);
    if (credit !== null) credit = Math.max(0, credit - 1);
    let reported = false;
    const report = (change: () => void) => {
      if (reported) return;
      reported = true;
      change();
      pump();
    };
    return {
      answered: (answer) => report(() => hear(slot, answer)),
      unused: () =>
        report(() => {
          slots = slots.filter((other) => other !== slot);
          if (credit !== null) credit += 1;
        }),
    };
  }

  function hear(slot: Slot, answer: HubSpotAnswer): void {
    const now = clock.now();
    slot.answeredAt = now;
    const limit = limitAnswer(answer);
    if (limit?.kind === "pause") {
      // The jitter keeps processes that were refused together from coming back together.
      pausedUntil = Math.max(pausedUntil, now + limit.seconds * 1000 * (1 + 0.1 * random()));
      credit = 1;
      return;
    }
    if (answer.kind !== "answered") {
      credit = credit === null ? null : Math.max(credit, 1);
      return;
    }
    const max = countIn(answer.headers["x-hubspot-ratelimit-max"]);
    if (max !== null && max > 0) calls = Math.min(settings.calls, max);
    const told = countIn(answer.headers["x-hubspot-ratelimit-remaining"]);
    if (told === null) {
      // A gateway's answer carries no such header; only where none ever did is the share all there is to go by.
      credit = remaining === null ? null : credit;
      return;
    }
    remaining = told;
    heardAt = now;
    const uncounted = slots.filter(
      (other) => other !== slot && (other.answeredAt === null || other.answeredAt > slot.sentAt),
    ).length;
    credit = Math.floor(share * Math.max(0, remaining - room)) - uncounted;
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        pump();
      }),
  };
}

function countIn(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,9}$/.test(header.trim()) ? Number(header) : null;
}
