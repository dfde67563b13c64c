import { DailyQuota } from "./daily_quota.ts";
import { RateWindow } from "./rate_window.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings.ts";

export type Headers = Readonly<Record<string, string>>;

export interface Admission {
  /** What every answer tells about the limits. */
  readonly headers: Headers;
  /** The 429, when the call was one too many. */
  readonly refusal: Refusal | null;
}

/** The limits of one portal: a burst window for each token, one daily quota for all. Refused calls do not count. */
export class RateLimits {
  readonly daily = new DailyQuota();
  readonly #windows = new Map<string, RateWindow>();

  admit(token: string, now: number, settings: Settings): Admission {
    const { burst, daily, timeZone } = settings;
    const window = this.#windowOf(token);
    const inWindow = window.count(now, burst.windowMs);
    const today = this.daily.used(now);
    const overDaily = today >= daily.calls;
    const overBurst = inWindow >= burst.calls;
    if (!overDaily && !overBurst) {
      window.add(now);
      this.daily.spend(now, timeZone, daily.resetMs);
    }
    const spent = overDaily || overBurst ? 0 : 1;
    const headers: Record<string, string> = {
      "X-HubSpot-RateLimit-Max": String(burst.calls),
      "X-HubSpot-RateLimit-Remaining": String(Math.max(0, burst.calls - inWindow - spent)),
      "X-HubSpot-RateLimit-Interval-Milliseconds": String(burst.windowMs),
      "X-HubSpot-RateLimit-Daily": String(daily.calls),
      "X-HubSpot-RateLimit-Daily-Remaining": String(Math.max(0, daily.calls - today - spent)),
    };
    if (spent === 1) return { headers, refusal: null };
    if (settings.retryAfter) {
      const waitMs = overDaily
        ? this.daily.resetsAt(now, timeZone, daily.resetMs) - now
        : window.waitMs(now, burst.windowMs, burst.calls);
      headers["Retry-After"] = String(Math.max(1, Math.ceil(waitMs / 1000)));
    }
    return { headers, refusal: overDaily ? dailyRefusal(settings) : burstRefusal(settings) };
  }

  #windowOf(token: string): RateWindow {
    const known = this.#windows.get(token);
    if (known !== undefined) return known;
    const window = new RateWindow();
    this.#windows.set(token, window);
    return window;
  }
}

/** A 429 has another shape than every other refusal: no category, an `errorType` and a `policyName`. */
function burstRefusal(settings: Settings): Refusal {
  return limited("You have reached your ten_secondly_rolling limit.", {
    errorType: "RATE_LIMIT",
    policyName: "TEN_SECONDLY_ROLLING",
    groupName: `publicapi:private-apps-api-calls:${settings.portalId}`,
  });
}

function dailyRefusal(settings: Settings): Refusal {
  return limited("You have reached your daily limit.", {
    errorType: "RATE_LIMIT",
    policyName: "DAILY",
    groupName: `publicapi:private-apps-api-calls-daily:${settings.portalId}`,
  });
}

function limited(message: string, extra: Record<string, string>): Refusal {
  return new Refusal({ status: 429, category: null, message, extra });
}
