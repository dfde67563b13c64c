import type { Outcome } from "./outcome.ts";
import type { Stop } from "./verdict.ts";

/** Rows that HubSpot must refuse, each alone or one after the other, for one reason before the reason counts as everybody's. */
export const SYSTEMIC_AFTER = 8;

/** As many, where HubSpot has accepted others before: rows that are wrong alike may lie together, but not so many that others never come between. */
export const SYSTEMIC_IN_A_ROW = 100;

/** Whether this push may send anything more; shared by all its calls in flight. The first reason stays. */
export class PushHalt {
  #stop: Stop | null = null;
  #deferredReason: string | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** True when nothing new may be sent. */
  get reached(): boolean {
    return this.#stop !== null || this.#deferredReason !== null || this.#failure !== null;
  }

  get stopped(): Stop | null {
    return this.#stop;
  }

  get deferredReason(): string | null {
    return this.#deferredReason;
  }

  /** What must be thrown once all calls in flight have come back. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  stop(stop: Stop): void {
    if (!this.reached) this.#stop = stop;
  }

  defer(reason: string): void {
    if (!this.reached) this.#deferredReason = reason;
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** The outcome of a row that is not sent any more. */
  get deferral(): Outcome {
    return { kind: "deferred", code: this.#stop?.code ?? this.#deferredReason ?? "NOT_SENT" };
  }
}
