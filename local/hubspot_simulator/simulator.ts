import type { Clock } from "../../f/reverse_etl/sync/clock.ts";
import { Counters } from "./counters.ts";
import { FaultQueue } from "./fault.ts";
import { Portal } from "./portal.ts";
import { type RandomStream, randomStream } from "./random.ts";
import type { Settings } from "./settings.ts";
import { Turns } from "./turns.ts";

/** One simulated portal with everything that is measured about it and goes wrong with it. */
export class Simulator {
  readonly clock: Clock;
  readonly turns = new Turns();
  readonly #initial: Settings;
  portal: Portal;
  counters: Counters;
  faults: FaultQueue;
  latency: RandomStream;
  correlation: RandomStream;

  constructor(settings: Settings, clock: Clock) {
    this.clock = clock;
    this.#initial = settings;
    this.portal = new Portal(settings, clock);
    this.counters = new Counters();
    this.faults = new FaultQueue(randomStream(settings.seed, "random faults"), settings.faults);
    this.latency = randomStream(settings.seed, "latency");
    this.correlation = randomStream(settings.seed, "correlation ids");
  }

  get settings(): Settings {
    return this.portal.settings;
  }

  /** Everything as it was at the start: records, properties, faults, counters, limits, settings, random streams. */
  reset(): void {
    const fresh = new Simulator(this.#initial, this.clock);
    this.portal = fresh.portal;
    this.counters = fresh.counters;
    this.faults = fresh.faults;
    this.latency = fresh.latency;
    this.correlation = fresh.correlation;
  }

  configure(changes: Partial<Settings>): void {
    this.portal.settings = { ...this.portal.settings, ...changes };
  }
}
