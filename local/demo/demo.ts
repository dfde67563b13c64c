import { join } from "node:path";
import { tablesOf } from "../../f/reverse_etl/sync/tables.ts";
import { registerCompiledBackend } from "../dbt/compiled_backend.ts";
import { registerDuckdb } from "../duckdb_warehouse/duckdb_warehouse.ts";
import type { FlowEvent } from "../flow_runner/flow_run.ts";
import type { FlowModule, FlowValue } from "../flow_runner/openflow_input.ts";
import { type CompiledFlow, readCompiledFlow, readFlow, SHORT_TIMINGS } from "./compiled_flow.ts";
import { type Conclusion, type ConclusionSettings, conclude } from "./conclusion.ts";
import { type DemoHubSpot, openHubSpot } from "./demo_hubspot.ts";
import { type DemoWarehouse, openDemoWarehouse } from "./demo_warehouse.ts";
import { createMissingProperties } from "./hubspot_properties.ts";
import { neededProperties } from "./needed_properties.ts";
import type { DemoOptions } from "./options.ts";
import type { Output } from "./output.ts";
import { openPipeline, REPOSITORY } from "./pipeline.ts";
import { createPurchaseTables } from "./purchase_tables.ts";
import { readPurchases } from "./purchases.ts";
import { replay } from "./replay.ts";

const JOB = join(REPOSITORY, "f", "reverse_etl", "hubspot_contacts");

/** The whole demo: prepares, replays, checks and reports. Throws when anything but the check fails. */
export async function runDemo(options: DemoOptions, folder: string, output: Output): Promise<Conclusion> {
  const timings = options.timings === "short" ? SHORT_TIMINGS : undefined;
  const compiled = await readCompiledFlow(join(`${JOB}__flow`, "flow.yaml"), timings);
  registerDuckdb();
  registerCompiledBackend();
  const purchases = await readPurchases();
  const warehouse = await openDemoWarehouse(options, folder);
  try {
    const hubspot = await openHubSpot(options, folder);
    try {
      return await replayBetween(warehouse, hubspot, { options, output, compiled, purchases });
    } finally {
      await hubspot.close();
    }
  } finally {
    await warehouse.close();
  }
}

/** Everything between a warehouse and a HubSpot that are there. */
async function replayBetween(
  warehouse: DemoWarehouse,
  hubspot: DemoHubSpot,
  demo: Pick<ConclusionSettings, "options" | "output" | "compiled" | "purchases">,
): Promise<Conclusion> {
  const { options, output, compiled, purchases } = demo;
  const pipeline = await openPipeline({
    compiled,
    migrateFlow: await readFlow(join(`${JOB}_migrate__flow`, "flow.yaml")),
    warehouse: warehouse.resource,
    hubspot: hubspot.access,
    dbt: warehouse.dbt,
    environment: options.environment,
    keepOpen: warehouse.keepOpen,
    onEvent: stepOf(compiled.value, (step) => output.working(step)),
    onWait: (text) => output.line(text),
  });
  try {
    for (const line of whatRuns(options, warehouse, hubspot, compiled)) output.line(line);
    const properties = neededProperties(compiled.sync.config);
    if (options.environment === "prod") {
      const created = await createMissingProperties(hubspot.access, [properties.id, ...properties.mapped]);
      if (created.length > 0)
        output.line(`HubSpot's contacts got ${created.length} properties: ${created.join(", ")}.`);
    }
    await pipeline.migrate();
    const tables = await pipeline.withWarehouse(async (session) => {
      await createPurchaseTables(session);
      return tablesOf(compiled.sync.config, session.dialect);
    });
    const replayed = await replay({ pipeline, tables, purchases, days: options.days, output });
    return await conclude({ ...demo, pipeline, tables, replayed, hubspot, properties });
  } finally {
    output.close();
    await pipeline.close();
  }
}

function whatRuns(
  options: DemoOptions,
  warehouse: DemoWarehouse,
  { access }: DemoHubSpot,
  { sync }: CompiledFlow,
): string[] {
  const { lease_seconds: lease, call_timeout_seconds: timeout } = sync.config.timings;
  return [
    `Flow: ${sync.job}, compiled by npm run build, one run a day in the environment ${options.environment}.`,
    `Tables: built by ${options.dbt ? "dbt itself" : "the SQL that dbt compile wrote (local/demo/compiled)"}.`,
    `Warehouse: ${warehouse.description}.`,
    `HubSpot: ${options.hubspot === undefined ? `a simulator of its own at ${access.url}, 190 calls in 10 s, ${options.latency.minMs} to ${options.latency.maxMs} ms a call` : access.url}.`,
    ...(options.timings === "short"
      ? [
          `Timings: short ones instead of the flow's own (lease ${lease} s, call timeout ${timeout} s), for this process only.`,
        ]
      : []),
  ];
}

/** Says in words what a run is doing: the step that started, or how many batches are through. */
function stepOf(flow: FlowValue, tell: (step: string) => void): (event: FlowEvent) => void {
  const summaries = new Map(flow.modules.flatMap(summariesOf));
  return (event) => {
    if (event.kind === "job_started") tell(summaries.get(event.moduleId) ?? event.moduleId);
    if (event.kind === "iteration_finished") tell(`${event.finished} of ${event.iterations} batches pushed`);
  };
}

function summariesOf(module: FlowModule): [id: string, summary: string][] {
  const { id, value, summary = id } = module;
  const inner =
    value.type === "forloopflow"
      ? value.modules
      : value.type === "branchone"
        ? [...value.branches.flatMap((branch) => branch.modules), ...value.default]
        : value.type === "branchall"
          ? value.branches.flatMap((branch) => branch.modules)
          : [];
  return [[id, summary], ...inner.flatMap(summariesOf)];
}
