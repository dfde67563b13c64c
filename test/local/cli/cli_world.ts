import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { asset } from "../../../f/asset_graph/asset.ts";
import { cron, type Job, job } from "../../../f/asset_graph/job.ts";
import { reverseEtl } from "../../../f/reverse_etl/reverse_etl.ts";
import {
  dbtModel,
  dbtPrep,
  environmentBranch,
  recordFailure,
} from "../../../f/reverse_etl/reverse_etl_job.ts";
import type { SyncInput } from "../../../f/reverse_etl/sync/sync_config.ts";
import { tailrace } from "../../../local/cli/tailrace.ts";
import { type FlowWorld, flowWorld, TOKEN, type WorldOptions } from "../../support/flow_world.ts";
import { contacts } from "../../support/people_sync.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

export const ROOT = join(import.meta.dirname, "..", "..", "..");
const SETTINGS = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };

/** What one command line gave. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The job of the scenarios as `flows/` would declare it. */
export function peopleJob(sync: SyncInput = contacts()): Job {
  const model = dbtModel("retl.people");
  return job({
    name: "people",
    description: "",
    assets: [model, asset({ key: "hubspot/contacts", deps: [model], compute: reverseEtl(sync) })],
    select: "+hubspot/contacts",
    cadence: "daily",
    schedule: cron("0 0 0 * * *", "UTC"),
    opening: dbtPrep(SETTINGS),
    gate: environmentBranch(SETTINGS),
    onFailure: recordFailure(SETTINGS),
  });
}

export interface CommandOptions {
  readonly cwd: string;
  readonly jobs?: readonly Job[] | Promise<readonly Job[]>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether both streams are a terminal's. */
  readonly terminal?: boolean;
}

/** Runs one command line in this process, with its output captured. */
export async function command(args: readonly string[], options: CommandOptions): Promise<Ended> {
  let out = "";
  let err = "";
  const { cwd, jobs = [peopleJob()], environment = {}, terminal = false } = options;
  const code = await tailrace(args, {
    root: ROOT,
    cwd,
    environment,
    stdout: {
      isTTY: terminal,
      write: (text) => {
        out += text;
      },
    },
    stderr: {
      isTTY: false,
      write: (text: string) => {
        err += text;
        return true;
      },
    },
    jobs: async () => jobs,
  });
  return { code, out, err };
}

export interface CliWorld extends FlowWorld {
  /** The working directory, which has a `tailrace.resources.yaml`. */
  readonly cwd: string;
  cli(...args: readonly string[]): Promise<Ended>;
  /** The one document that a command prints with `--json`. */
  json<T>(...args: readonly string[]): Promise<T>;
}

/** A world whose resources stand in a file, with the token in the environment. */
export async function cliWorld(
  options: WorldOptions & { readonly pushes?: boolean } = {},
): Promise<CliWorld> {
  const world = await flowWorld(options);
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "tailrace.resources.yaml"), resourcesFile(world, options.pushes !== false));
  const run = { cwd, jobs: [peopleJob(world.sync)], environment: { HUBSPOT_TEST_TOKEN: TOKEN } };
  const cli = (...args: readonly string[]) => command(args, run);
  return {
    ...world,
    cwd,
    cli,
    json: async <T>(...args: readonly string[]) => {
      const { out } = await cli(...args, "--json");
      return JSON.parse(out) as T;
    },
  };
}

function resourcesFile({ warehouse, hubspot }: FlowWorld, pushes: boolean): string {
  return `
variables:
  f/reverse_etl/environment: ${pushes ? "prod" : "staging"}
  f/reverse_etl/hubspot_token: $env:HUBSPOT_TEST_TOKEN
resources:
  f/reverse_etl/snowflake: ${JSON.stringify(warehouse)}
  f/reverse_etl/hubspot: { token: "$var:f/reverse_etl/hubspot_token", base_url: ${hubspot.url} }
  f/reverse_etl/dbt: { backend: none }
`;
}
