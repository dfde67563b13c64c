import type { Clock, Random } from "../sync/clock.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import type { RateLimiter, RateSlot } from "../sync/push_ports.ts";
import { LONGEST_WAIT_SECONDS } from "../sync/verdict.ts";
import { CallWindow, type WindowCall } from "./call_window.ts";
import { countIn, isReserveReached, limitAnswer, retryAfterSeconds } from "./limit_answer.ts";
import { RoomShare } from "./room_share.ts";

export interface RateLimitSettings {
  /** Calls that HubSpot permits in a window: 190 in 10 s for a Professional account (usage guidelines, read 2026-11). */
  readonly calls: number;
  readonly seconds: number;
  /** The part of them that is this process's, in (0, 1]. The shares of all processes must not add up to more than 1. */
  readonly share: number;
  /** The part of the day's calls that is left to other applications, in [0, 1]; 0 when absent. */
  readonly dailyReserve?: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** By how much later than another a call may arrive at HubSpot and still find the place of the one that it follows free. */
const GUARD_MS = 50;

/**
 * A process takes new places at most so many times faster than its calls in the window come to: in a burst, what remains is old news. Its own
 * places it takes again at once, because one that lies idle is seen, and taken, by the others.
 */
const BURST = 2.1;

/** What a timer may be late by, made up for by the calls that follow. */
const LATENESS_MS = 5;

/** Places taken ahead of the pace: all processes together hold about this many that nobody else can see yet. */
const PLACES_AHEAD = 8;

/**
 * Below which part of its share a process looks for room by itself, and within how many paces: soon in its first window, in which shares that
 * add up to 1 cannot overshoot and one that heard its answers early would sit a window out; later all may look for the room that one left.
 */
const LOOKS = { starting: { above: 0.7, within: 2.5 }, later: { above: 0.5, within: 8 } } as const;

/** The part of a process's places that it gives back for a 429. */
const BACK_OFF = 0.05;

/**
 * Paces the calls of one process within HubSpot's rolling window, which several processes share without knowing of each other.
 *
 * - A place in the window is kept: whenever one of our calls leaves it, the next may go out. How many places a process has, `RoomShare` decides
 *   from what remains by HubSpot's own count. Until the first answer one call at a time leaves, because the window may be full.
 * - Where answers carry no `X-HubSpot-RateLimit-Remaining`, the share is all there is: no more calls than that in any window.
 * - A 429 pauses every call of the process and gives places back, which the other processes see as well.
 */
export function createRateLimiter(settings: RateLimitSettings): RateLimiter {
  const { clock, random, share } = settings;
  const windowMs = settings.seconds * 1000;
  const window = new CallWindow(windowMs, GUARD_MS);
  const room = new RoomShare(share, windowMs, random);
  const waiting: ((slot: RateSlot) => void)[] = [];
  let calls = settings.calls;
  /** When calls of ours left their places, and when we took places that others had left; one that stays unused is anybody's. */
  let left: number[] = [];
  let taken: number[] = [];
  /** Places that are given back when their calls leave the window. */
  let owed = 0;
  /** What remained when it was last told; null when answers do not tell. */
  let remaining: number | null = null;
  let isStrict = false;
  let heardAt = Number.NEGATIVE_INFINITY;
  let newest = -1;
  let lookAt = Number.NEGATIVE_INFINITY;
  let paceAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  let wakesAt = Number.POSITIVE_INFINITY;
  let exhausted: string | null = null;

  const free = () => left.length + taken.length;

  function advance(now: number): void {
    for (const at of window.leave(now, isStrict)) {
      if (owed > 0) owed -= 1;
      // What is left during a pause is seen, and taken, by the others: all of it at once after the pause would be refused again.
      else if (at >= pausedUntil) left.push(at);
    }
    const isOurs = (since: number) => now - since <= windowMs / 10;
    left = left.filter(isOurs);
    taken = taken.filter(isOurs);
  }

  /** When the next call may leave: now, a moment, or never by itself when only an answer can tell. */
  function nextAt(now: number): number {
    // Nobody sits out what ended the push: whoever waits is let go, to find that it is over.
    if (exhausted !== null) return now;
    if (now < pausedUntil) return pausedUntil;
    if (isStrict) {
      const capacity = Math.max(1, Math.floor(share * calls));
      return window.size < capacity ? now : window.nextLeaving(isStrict);
    }
    if (left.length > 0) return now;
    if (taken.length > 0) return Math.max(now, paceAt - LATENESS_MS);
    const leaving = window.nextLeaving(isStrict);
    if (window.hasInFlight) return leaving;
    // Nothing is under way that could bring news, so one call goes out to look: at once for a process that knows nothing.
    const knowsNothing = remaining === null || now - heardAt > windowMs;
    const oldNewsAt = heardAt + windowMs + 1;
    return Math.min(leaving, Math.max(now, knowsNothing ? now : Math.min(lookAt, oldNewsAt)));
  }

  function pump(): void {
    while (waiting.length > 0) {
      const now = clock.now();
      advance(now);
      const at = nextAt(now);
      if (at === Number.POSITIVE_INFINITY) return;
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
    const isKept = left.length > 0;
    const since = (isKept ? left : taken).shift();
    const most = Math.max(share * calls, 1.2 * window.size);
    if (!isKept) paceAt = Math.max(now - LATENESS_MS, paceAt) + windowMs / (BURST * most);
    const call = window.send(now);
    let reported = false;
    const report = (change: () => void) => {
      if (reported) return;
      reported = true;
      change();
      pump();
    };
    return {
      answered: (answer) => report(() => hear(call, answer)),
      unused: () =>
        report(() => {
          window.forget(call, clock.now());
          if (since !== undefined) (isKept ? left : taken).unshift(since);
        }),
    };
  }

  function hear(call: WindowCall, answer: HubSpotAnswer): void {
    const now = clock.now();
    window.answered(call, now, answer.latencyMs);
    advance(now);
    if (answer.kind !== "answered") return;
    if (isReserveReached(answer, settings.dailyReserve ?? 0)) exhausted = "DAILY_RESERVE";
    const limit = limitAnswer(answer);
    if (limit?.kind === "pause") {
      refused(call, answer, now);
      if (limit.seconds > LONGEST_WAIT_SECONDS) exhausted ??= limit.code;
      return;
    }
    refusals = 0;
    const max = countIn(answer.headers["x-hubspot-ratelimit-max"]);
    if (max !== null && max > 0) calls = Math.min(settings.calls, max);
    const told = countIn(answer.headers["x-hubspot-ratelimit-remaining"]);
    // A gateway's answer carries no such header; only where none ever did is the share all there is to go by.
    if (told === null) isStrict = remaining === null;
    // Where less is configured than HubSpot permits, what is above it remains, too.
    else if (call.sentBefore > newest) readRoom(call, Math.max(0, told - ((max ?? calls) - calls)), now);
  }

  function readRoom(call: WindowCall, told: number, now: number): void {
    isStrict = false;
    newest = call.sentBefore;
    remaining = told;
    heardAt = now;
    // Of all processes that read this, so many look as there is room for; one that has most of its share hears enough without.
    const { above, within } = room.isStarting(now) ? LOOKS.starting : LOOKS.later;
    const isShort = window.size < above * share * calls;
    const isToLook = isShort && random() < share * (told - room.reserve(now, calls) - 1);
    lookAt = isToLook
      ? now + room.paceMs * (1 + random() * Math.min(within, 1 / share))
      : Number.POSITIVE_INFINITY;
    const isFirst = room.isNew;
    // What our own calls left for a moment is accounted for; in a burst the others leave as much, each for its calls.
    const othersGap = call.gap * Math.max(0, (calls - told) / Math.max(1, window.size) - 1);
    const reading = {
      now,
      limit: calls,
      remaining: told,
      room: told - window.grownSince(call) - othersGap - free() + owed,
      own: window.size,
      free: free(),
      latencyMs: now - call.sentAt,
    };
    const read = room.read(reading);
    const change = window.isTurningOver(now) ? Math.min(0, read) : read;
    const kept = Math.min(owed, Math.max(0, change));
    owed -= kept;
    // Only what goes out soon is taken, because the others cannot see it before; a process that is new asks for little by itself.
    const ahead = Math.max(isFirst ? waiting.length : 0, 1 + Math.ceil(PLACES_AHEAD * room.part(reading)));
    for (let more = Math.min(change - kept, ahead - free()); more > 0; more -= 1) taken.push(now);
    if (change < 0) giveBack(-change);
  }

  /** Gives back free places first, then those of calls that leave the window; the last one is kept, to hear of what remains. */
  function giveBack(places: number): void {
    let unused = taken.splice(0, places).length;
    unused += left.splice(0, places - unused).length;
    owed = Math.min(owed + places - unused, Math.max(0, window.size - 1));
  }

  function refused(
    call: WindowCall,
    answer: Extract<HubSpotAnswer, { kind: "answered" }>,
    now: number,
  ): void {
    window.forget(call, now);
    room.refused();
    giveBack(free() + Math.ceil(BACK_OFF * window.size));
    refusals += 1;
    remaining = 0;
    heardAt = now;
    // A rolling window has room again as soon as its oldest call leaves; only refusals in a row mean that others take all of it.
    const backoff = Math.min(settings.seconds, (settings.seconds / 10) * 2 ** (refusals - 1));
    const seconds = retryAfterSeconds(answer.headers) ?? backoff;
    // The jitter keeps processes that were refused together from coming back together.
    pausedUntil = Math.max(pausedUntil, now + seconds * 1000 * (1 + 0.1 * random()));
    lookAt = window.size === 0 ? pausedUntil : Number.POSITIVE_INFINITY;
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        pump();
      }),
    get exhausted() {
      return exhausted;
    },
  };
}
