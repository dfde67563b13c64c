import type { Compute, StepContext } from "../asset_graph/compute.ts";
import type { FlowModule, ParameterSchema } from "../asset_graph/openflow.ts";
import { expression, scriptStep } from "../asset_graph/script_step.ts";
import { STEP_RETRY } from "./step_retry.ts";
import { parseSync, type SyncInput, syncProblems } from "./sync/sync_config.ts";
import type { CompiledSync } from "./sync/sync_session.ts";

/** What a person may choose for one run of a job with syncs. */
const PARAMETERS: Readonly<Record<string, ParameterSchema>> = {
  dry_run: {
    type: "boolean",
    default: false,
    description: "Show what would be sent, under a plan id; nothing is sent, settled or listed.",
  },
  resync: {
    type: "string",
    enum: ["changes", "all", "rejected"],
    default: "changes",
    description:
      "changes: what differs. all: every property of every row. rejected: changes, and rejected rows at once.",
  },
  approve: {
    type: "string",
    default: "",
    description: "The id of a held or dry-run plan: apply exactly that, once.",
  },
};

export type ReverseEtl = Compute & { readonly kind: "reverse_etl"; readonly sync: SyncInput };

/** Computes a HubSpot object set from a warehouse table: the `compute` of a destination asset. */
export function reverseEtl(input: SyncInput): ReverseEtl {
  return {
    sync: input,
    kind: "reverse_etl",
    stage: "publish",
    fingerprint: input,
    writes: writesOf(input),
    parameters: PARAMETERS,
    problems: () => syncProblems(input),
    modules: (context) => modulesOf(context, input),
  };
}

/**
 * What a sync writes: properties, by portal and object, and its own tables. Tolerates a declaration that is not valid, because its problems are reported
 * with those of the whole graph.
 */
function writesOf(input: SyncInput): readonly string[] {
  const portal = input.resources?.hubspot ?? "f/reverse_etl/hubspot";
  const mappings: unknown = input.column_mappings;
  if (!Array.isArray(mappings)) return [];
  const properties = (mappings as SyncInput["column_mappings"]).map(
    (mapping) => `${input.object_type} property ${mapping?.destination_name} (${portal})`,
  );
  return [...properties, `the tables of ${input.schema}.${input.sync_table_name}`];
}

export function isReverseEtl(compute: Compute | null): compute is ReverseEtl {
  return compute?.kind === "reverse_etl";
}

/** A sync as the steps of a compiled flow are handed it. */
export function compiledSync(
  context: Pick<StepContext, "asset" | "job" | "codeVersion">,
  input: SyncInput,
): CompiledSync {
  return {
    key: context.asset.key,
    job: context.job,
    code_version: context.codeVersion,
    config: parseSync(input),
  };
}

/** Plan, then, only when there are changes, batches, pushes and settling; a deselected sync does none of it. */
function modulesOf(context: StepContext, input: SyncInput): readonly FlowModule[] {
  const sync = compiledSync(context, input);
  const { resources, batch_sizing } = sync.config;
  const { key } = context.asset;
  const warehouse = `$res:${resources.warehouse}`;
  const hubspot = `$res:${resources.hubspot}`;
  const run_id = expression(context.runId);
  const plan = context.result("diff_insert");
  const token = expression(`${plan}.token`);
  const step = (name: string, summary: string, inputs: Record<string, unknown>, skipIf?: string) =>
    scriptStep({
      id: context.id(name),
      summary: `${summary} (${key})`,
      path: `f/reverse_etl/${name}`,
      inputs,
      retry: STEP_RETRY,
      ...(skipIf === undefined ? {} : { skipIf }),
    });

  const diffInsert = step(
    "diff_insert",
    "Find what changed",
    {
      warehouse,
      sync,
      run_id,
      dry_run: expression("flow_input.dry_run"),
      resync: expression("flow_input.resync"),
      approve: expression("flow_input.approve"),
    },
    `!${context.selected}`,
  );
  const batchSizing = step("batch_sizing", "Check HubSpot's properties and size the batches", {
    hubspot,
    sync,
    plan: expression(plan),
    parallel_syncs: context.siblings,
  });
  const push = step("hubspot_push", "Push one batch", {
    warehouse,
    hubspot,
    sync,
    run_id,
    token,
    batch: expression("flow_input.iter.value"),
  });
  const pushAll: FlowModule = {
    id: context.id("each_batch"),
    summary: `Push every batch (${key})`,
    value: {
      type: "forloopflow",
      iterator: { type: "javascript", expr: `${context.result("batch_sizing")}.batches` },
      parallel: true,
      parallelism: batch_sizing.parallelism,
      // A batch that fails must not keep the others from being settled; settle fails the flow afterwards.
      skip_failures: true,
      modules: [push],
    },
  };
  const settle = step("settle", "Settle", {
    warehouse,
    sync,
    run_id,
    token,
    reports: expression(context.result("each_batch")),
  });

  // A branch instead of three skipped steps: a step that is skipped still costs Windmill a job.
  const send: FlowModule = {
    id: context.id("changes"),
    summary: `Changes to send? (${key})`,
    value: {
      type: "branchone",
      branches: [
        {
          summary: "send the changes",
          expr: `${context.selected} && ${plan}.status === "planned"`,
          modules: [batchSizing, pushAll, settle],
        },
      ],
      default: [],
    },
  };
  return [diffInsert, send];
}
