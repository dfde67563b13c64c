import { join } from "node:path";
import { DEFAULT_TOKEN } from "../hubspot_simulator/settings.ts";
import type { HubSpotAccess } from "./hubspot_http.ts";
import type { DemoOptions } from "./options.ts";
import { startSimulatorProcess } from "./simulator_process.ts";

/** The HubSpot that a demo uses. */
export interface DemoHubSpot {
  readonly access: HubSpotAccess;
  /** Whether it is our own simulator, whose counters can be asked. */
  readonly simulated: boolean;
  close(): Promise<void>;
}

/** The limit of a private app of a Professional account (usage guidelines, read 2026-11). */
const BURST = { calls: 190, windowMs: 10_000 };

/** Uses the HubSpot that the options name, or starts a simulator, which keeps its records in `folder` when that is kept. */
export async function openHubSpot(options: DemoOptions, folder: string): Promise<DemoHubSpot> {
  const { hubspot, seed, latency, data } = options;
  if (hubspot !== undefined) {
    const token = options.token || process.env.HUBSPOT_TOKEN || DEFAULT_TOKEN;
    return { access: { url: hubspot, token }, simulated: false, close: async () => {} };
  }
  const kept = data === undefined ? {} : { stateFile: join(folder, "hubspot.jsonl") };
  const simulator = await startSimulatorProcess({
    options: { seed, latency, burst: BURST, history: false, ...kept },
    ...(data === undefined ? {} : { pidFile: join(folder, "hubspot.pid") }),
  });
  return {
    access: { url: simulator.url, token: DEFAULT_TOKEN },
    simulated: true,
    close: () => simulator.stop(),
  };
}
