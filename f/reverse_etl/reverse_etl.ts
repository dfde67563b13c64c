import type { Asset } from "../asset_graph/asset.ts";
import type { Compute, StepContext } from "../asset_graph/compute.ts";
import type { FlowModule, ParameterSchema } from "../asset_graph/openflow.ts";
import { expression, scriptStep } from "../asset_graph/script_step.ts";
import { SETTLE_RETRY, STEP_RETRY } from "./step_retry.ts";
import { labelName } from "./sync/association_config.ts";
import { associationProblems } from "./sync/association_problems.ts";
import { type AssociationTarget, targetOf } from "./sync/association_target.ts";
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
  show_values: {
    type: "boolean",
    default: false,
    description: "Dry run: show the sample's values in the result, which Windmill keeps.",
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
    problems: (asset) => [
      ...syncProblems(input),
      ...associationProblems({ key: asset.key, sync: input }, asset.deps.map(dependencyOf)),
    ],
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
  const associations: unknown = input.associations ?? [];
  if (!Array.isArray(associations)) return properties;
  const links = (associations as NonNullable<SyncInput["associations"]>).map(
    (link) => `${input.object_type} association with ${link?.to}${labelled(link)} (${portal})`,
  );
  return [...properties, ...links, `the tables of ${input.schema}.${input.sync_table_name}`];
}

function labelled(link: Parameters<typeof labelName>[0] | null | undefined): string {
  const name = labelName(link ?? {});
  return name === "" ? "" : ` as "${name}"`;
}

function dependencyOf({ key, compute }: Asset) {
  return { key, sync: isReverseEtl(compute) ? compute.sync : null };
}

export function isReverseEtl(compute: Compute | null): compute is ReverseEtl {
  return compute?.kind === "reverse_etl";
}

/** A sync as the steps of a compiled flow are handed it. */
export function compiledSync(
  context: Pick<StepContext, "asset" | "job" | "codeVersion">,
  input: SyncInput,
): CompiledSync {
  const config = parseSync(input);
  const targets = targetsOf(context.asset, config.associations);
  return {
    key: context.asset.key,
    job: context.job,
    code_version: context.codeVersion,
    config,
    ...(targets.length === 0 ? {} : { targets }),
  };
}

/** The other sides of the associations of an asset, each once; a sync may associate its records with each other. */
function targetsOf(
  asset: Asset,
  associations: readonly { readonly to: string }[],
): readonly AssociationTarget[] {
  const keys = new Set(associations.map(({ to }) => to));
  return [asset, ...asset.deps].flatMap(({ key, compute }) =>
    keys.has(key) && isReverseEtl(compute) ? [targetOf(key, parseSync(compute.sync))] : [],
  );
}

/** Plan, then, only when there are changes, batches, pushes and settling, or the report of a dry run; a deselected sync does none of it. */
function modulesOf(context: StepContext, input: SyncInput): readonly FlowModule[] {
  const sync = compiledSync(context, input);
  const { resources, batch_sizing, alerts, associations } = sync.config;
  const { key } = context.asset;
  const warehouse = `$res:${resources.warehouse}`;
  const hubspot = `$res:${resources.hubspot}`;
  const run_id = expression(context.runId);
  const plan = context.result("diff_insert");
  const token = expression(`${plan}.token`);
  const told = alerts === undefined ? {} : { alert_webhook: `$res:${alerts.webhook}` };
  const step = (
    name: string,
    summary: string,
    inputs: Record<string, unknown>,
    skipIf?: string,
    id: string = name,
  ) =>
    scriptStep({
      id: context.id(id),
      summary: `${summary} (${key})`,
      path: `f/reverse_etl/${name}`,
      inputs,
      retry: name === "settle" ? SETTLE_RETRY : STEP_RETRY,
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
      ...told,
      hubspot,
    },
    `!${context.selected}`,
  );
  const batchSizing = step("batch_sizing", "Check HubSpot's properties and size the batches", {
    warehouse,
    hubspot,
    sync,
    run_id,
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
    ...told,
  });
  const planReport = step("plan_report", "Show the plan", {
    warehouse,
    hubspot,
    sync,
    run_id,
    plan: expression(plan),
    parallel_syncs: context.siblings,
    show_values: expression("flow_input.show_values"),
  });

  const associating = (name: string, pushed: Record<string, unknown>, skipIf?: string) =>
    step(
      "associate",
      "Associate the records",
      {
        warehouse,
        hubspot,
        sync,
        run_id,
        plan: expression(plan),
        resync: expression("flow_input.resync"),
        parallel_syncs: context.siblings,
        ...told,
        ...pushed,
      },
      skipIf,
      name,
    );
  // After settling, because an association needs the record ids that the push has made known.
  const afterPush = associating(
    "associate",
    { settled: expression(context.result("settle")) },
    `${plan}.associate !== true`,
  );
  const onlyAssociations = {
    summary: "only associations differ",
    expr: `${context.selected} && ${plan}.status === "no_changes" && ${plan}.associate === true`,
    modules: [associating("associate_only", {})],
  };
  const hasAssociations = associations.length > 0;
  // A branch instead of skipped steps: a step that is skipped still costs Windmill a job. Its last module's result is the flow's.
  const send: FlowModule = {
    id: context.id("changes"),
    summary: `Changes to send? (${key})`,
    value: {
      type: "branchone",
      branches: [
        {
          summary: "send the changes",
          expr: `${context.selected} && ${plan}.status === "planned"`,
          modules: [batchSizing, pushAll, settle, ...(hasAssociations ? [afterPush] : [])],
        },
        ...(hasAssociations ? [onlyAssociations] : []),
        {
          summary: "show the plan",
          expr: `${context.selected} && ${plan}.status === "dry_run"`,
          modules: [planReport],
        },
      ],
      default: [],
    },
  };
  return [diffInsert, send];
}
