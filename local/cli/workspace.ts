import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type SessionTag, withWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { registerCompiledBackend } from "../dbt/compiled_backend.ts";
import { startSimulatorProcess } from "../demo/simulator_process.ts";
import { registerDuckdb } from "../duckdb_warehouse/duckdb_warehouse.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import type { Workspace } from "../flow_runner/workspace_value.ts";
import { DEFAULT_TOKEN } from "../hubspot_simulator/settings.ts";
import { CliError } from "./cli_error.ts";
import { RESOURCES_FILE, readResourcesFile, resolveResources } from "./resources_file.ts";
import type { Surroundings } from "./surroundings.ts";

/** Where a command was told to find the warehouse, HubSpot and dbt. */
export interface WorkspaceOptions {
  /** A folder of `npm start -- --data`. */
  readonly data?: string;
  /** With `data`: a HubSpot that already runs. */
  readonly hubspot?: string;
  /** A file of resources. */
  readonly resources?: string;
}

/** What a command reads or writes, by Windmill path. */
export interface Needs {
  readonly warehouses: readonly string[];
  readonly hubspots?: readonly string[];
  readonly dbt?: readonly string[];
  /** Whatever else its steps are handed, such as a webhook. */
  readonly others?: readonly string[];
  /** Whether the tables may be made now, so that an embedded warehouse need not be there yet. */
  readonly mayCreate?: boolean;
}

/** The resources that a command needs, resolved. */
export interface OpenWorkspace {
  readonly workspace: Workspace;
  /** Where they come from, in words. */
  readonly origin: string;
  /** The repeated part of a command line that finds the same resources again; empty when nothing is to be said. */
  readonly flags: string;
  withWarehouse<T>(path: string, tag: SessionTag, work: (warehouse: Warehouse) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The variable that lets a run push. */
export const ENVIRONMENT = "f/reverse_etl/environment";
const WAREHOUSE_FILE = "warehouse.duckdb";

/**
 * Finds the resources that a command needs: a folder of the demo, a file of resources, or the file of that name in the working directory.
 * Throws a `CliError` when there is none or something in it is missing; nothing of the warehouse or HubSpot is read yet.
 */
export async function openWorkspace(
  surroundings: Surroundings,
  options: WorkspaceOptions,
  needs: Needs,
): Promise<OpenWorkspace> {
  registerDuckdb();
  registerCompiledBackend();
  const { data, hubspot, resources } = options;
  if (data !== undefined && resources !== undefined) {
    throw new CliError("CLI_USAGE", "--data and --resources exclude each other: give one of them.");
  }
  if (data !== undefined) return demoWorkspace(surroundings, data, hubspot, needs);
  if (hubspot !== undefined) {
    throw new CliError("CLI_USAGE", "--hubspot goes with --data; a file of resources names its own HubSpot.");
  }
  const file = resolve(surroundings.cwd, resources ?? RESOURCES_FILE);
  if (resources === undefined && !existsSync(file)) {
    throw new CliError(
      "CLI_NO_RESOURCES",
      `Nothing says where the warehouse is: there is no ${RESOURCES_FILE} in ${surroundings.cwd}. Give --data DIR for the folder of ` +
        "npm start -- --data DIR, or --resources FILE; npx tailrace --help shows what such a file has.",
    );
  }
  const paths = [
    ...needs.warehouses,
    ...(needs.hubspots ?? []),
    ...(needs.dbt ?? []),
    ...(needs.others ?? []),
  ];
  const workspace = resolveResources(
    readResourcesFile(file, surroundings.root),
    paths,
    surroundings.environment,
  );
  for (const path of needs.warehouses) requireDatabaseFile(workspace.resources[path], needs);
  return opened(workspace, file, resources === undefined ? "" : ` --resources ${resources}`);
}

async function demoWorkspace(
  { cwd, environment }: Surroundings,
  data: string,
  hubspot: string | undefined,
  needs: Needs,
): Promise<OpenWorkspace> {
  const folder = resolve(cwd, data);
  const warehouse = { kind: "duckdb", path: join(folder, WAREHOUSE_FILE) };
  if (needs.mayCreate === true) mkdirSync(folder, { recursive: true });
  requireDatabaseFile(warehouse, needs);
  const needsHubSpot = (needs.hubspots ?? []).length > 0;
  const simulator = needsHubSpot && hubspot === undefined ? await startDemoSimulator(folder) : null;
  const access =
    simulator === null
      ? { token: environment.HUBSPOT_TOKEN || DEFAULT_TOKEN, base_url: hubspot }
      : { token: DEFAULT_TOKEN, base_url: simulator.url };
  const workspace = {
    resources: Object.fromEntries([
      // The demo's folder has no webhook: one without an address is reported by the run and tells nobody.
      ...(needs.others ?? []).map((path) => [path, {}]),
      ...(needs.dbt ?? []).map((path) => [path, { backend: "compiled" }]),
      ...(needs.hubspots ?? []).map((path) => [path, access]),
      ...needs.warehouses.map((path) => [path, warehouse]),
    ]),
    variables: { [ENVIRONMENT]: "prod" },
  };
  const flags = ` --data ${data}${hubspot === undefined ? "" : ` --hubspot ${hubspot}`}`;
  return opened(workspace, folder, flags, async () => simulator?.stop());
}

/** The portal that `npm start` keeps beside its warehouse, as `npm start` runs it. */
function startDemoSimulator(folder: string) {
  return startSimulatorProcess({
    options: { history: false, stateFile: join(folder, "hubspot.jsonl") },
    pidFile: join(folder, "hubspot.pid"),
  });
}

/** DuckDB makes a file that is not there, which would turn a mistyped path into an empty warehouse. */
function requireDatabaseFile(resource: unknown, { mayCreate }: Needs): void {
  if (mayCreate === true || !isRecord(resource) || resource.kind !== "duckdb") return;
  if (typeof resource.path !== "string" || existsSync(resource.path)) return;
  throw new CliError(
    "CLI_NO_RESOURCES",
    `There is no warehouse at ${resource.path}; nothing was made there. npm start -- --data DIR makes one in DIR.`,
  );
}

function opened(
  workspace: Workspace,
  origin: string,
  flags: string,
  close: () => Promise<void> = async () => {},
): OpenWorkspace {
  return {
    workspace,
    origin,
    flags,
    withWarehouse: (path, tag, work) => withWarehouse(workspace.resources[path], tag, work),
    close,
  };
}

/** Opens a workspace for as long as `work` takes. */
export async function withWorkspace<T>(
  surroundings: Surroundings,
  options: WorkspaceOptions,
  needs: Needs,
  work: (open: OpenWorkspace) => Promise<T>,
): Promise<T> {
  const open = await openWorkspace(surroundings, options, needs);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}
