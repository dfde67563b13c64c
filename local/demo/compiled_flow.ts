import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import type { SyncConfig } from "../../f/reverse_etl/sync/sync_config.ts";
import { type CompiledSync, parseCompiledSync } from "../../f/reverse_etl/sync/sync_session.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import type { FlowValue } from "../flow_runner/openflow_input.ts";
import { parseFlow } from "../flow_runner/parse_flow.ts";

/** The demo's job as `npm run build` compiled it. */
export interface CompiledFlow {
  /** What the flow runner takes. */
  readonly flow: unknown;
  readonly value: FlowValue;
  /** The one sync of the job. */
  readonly sync: CompiledSync;
  /** The assets of the job, as its opening step is handed them. */
  readonly assets: readonly CompiledAsset[];
}

export type CompiledAsset = z.output<typeof compiledAsset>;

const compiledAsset = z.object({ key: z.string(), deps: z.array(z.string()), kinds: z.array(z.string()) });

/** Short enough to wait for a killed run's lease on a terminal; the margins are a machine's own, not the internet's. */
export const SHORT_TIMINGS: SyncConfig["timings"] = {
  lease_seconds: 8,
  lease_extend_seconds: 2,
  call_timeout_seconds: 2,
  hubspot_request_seconds: 1,
  clock_skew_seconds: 0.2,
  outage_seconds: 5,
};

/** Reads a compiled flow. With `timings`, every sync in it gets those instead of its own; the file stays as it is. */
export async function readCompiledFlow(file: string, timings?: SyncConfig["timings"]): Promise<CompiledFlow> {
  const flow = await readFlow(file);
  const syncs = staticInputs(flow, "sync").filter(isRecord);
  if (timings !== undefined) {
    for (const sync of syncs) {
      if (isRecord(sync.config)) sync.config.timings = timings;
    }
  }
  const [sync] = syncs;
  if (sync === undefined) throw new Error(`${file} has no step with a sync: npm run build writes it anew.`);
  const assets = z.array(compiledAsset).parse(staticInputs(flow, "assets")[0] ?? []);
  return { flow, value: parseFlow(flow), sync: parseCompiledSync(sync), assets };
}

/** Reads a `flow.yaml`. Throws when it is not there. */
export async function readFlow(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`${file} is not there: npm run build writes it.`);
  });
  return parse(text);
}

/** The static inputs of a name of every step, wherever in the flow it stands. */
function staticInputs(node: unknown, name: string): unknown[] {
  if (Array.isArray(node)) return node.flatMap((item) => staticInputs(item, name));
  if (!isRecord(node)) return [];
  const { input_transforms: transforms } = node;
  const input = isRecord(transforms) ? transforms[name] : undefined;
  const own = isRecord(input) && input.type === "static" ? [input.value] : [];
  return [...own, ...Object.values(node).flatMap((item) => staticInputs(item, name))];
}
