import { type Asset, asset } from "../asset_graph/asset.ts";
import { nodeOf } from "../asset_graph/asset_node.ts";
import type { FailureStep, Gate, JobContext, OpeningStep } from "../asset_graph/compute.ts";
import { expression, scriptStep } from "../asset_graph/script_step.ts";
import { isReverseEtl } from "./reverse_etl.ts";
import { STEP_RETRY } from "./step_retry.ts";

/** Where a job keeps its record and finds what it needs; each a Windmill path. */
export interface JobSettings {
  /** Schema of `asset_events`; as a rule that of the job's syncs. */
  readonly schema: string;
  readonly warehouse: string;
  readonly dbt: string;
}

/** A warehouse table that dbt builds, named `schema.model`. */
export function dbtModel<const Name extends string>(
  name: Name,
  options: { readonly deps?: readonly Asset[]; readonly group?: string; readonly description?: string } = {},
): Asset & { readonly key: Name } {
  return asset({
    key: name,
    kinds: ["dbt"],
    ...options,
    compute: { kind: "dbt", stage: "opening", fingerprint: name },
  });
}

/** The opening step: resolves what the run selects and lets dbt build the selected models. */
export function dbtPrep({ schema, warehouse, dbt }: JobSettings): OpeningStep {
  return {
    id: "dbt_prep",
    parameters: {
      dbt_full_refresh: {
        type: "boolean",
        default: false,
        description: "Let dbt rebuild incremental models from scratch.",
      },
      select: {
        type: "string",
        default: "",
        description:
          "A selection of this job's assets, such as hubspot/contacts or group:crm; empty means all of them.",
      },
    },
    module: (context) =>
      scriptStep({
        id: "dbt_prep",
        summary: "dbt prep: build the tables",
        path: "f/reverse_etl/dbt_prep",
        inputs: {
          dbt: `$res:${dbt}`,
          warehouse: `$res:${warehouse}`,
          schema,
          assets: context.assets.map((node) => opened(node, context)),
          select: expression("flow_input.select"),
          dbt_full_refresh: expression("flow_input.dbt_full_refresh"),
        },
        retry: STEP_RETRY,
      }),
  };
}

/** The gate: only production pushes. */
export function environmentBranch({ schema, warehouse }: JobSettings): Gate {
  return {
    id: "environment_branch",
    open: "results.environment_branch.push",
    openName: "trigger_retl",
    closedName: "skip_retl",
    module: (context) =>
      scriptStep({
        id: "environment_branch",
        summary: "Only production pushes",
        path: "f/reverse_etl/environment_branch",
        inputs: {
          warehouse: `$res:${warehouse}`,
          schema,
          run_id: expression(context.runId),
          selected: expression(context.selected),
          published: context.published,
        },
        retry: STEP_RETRY,
      }),
  };
}

/** The flow's failure step. */
export function recordFailure({ schema, warehouse }: JobSettings): FailureStep {
  return {
    module: (context) =>
      scriptStep({
        id: "failure",
        summary: "Record the failure",
        path: "f/reverse_etl/record_failure",
        inputs: {
          warehouse: `$res:${warehouse}`,
          schema,
          published: context.published,
          error: expression("error"),
          ...alertTargets(context),
        },
      }),
  };
}

/** The syncs whose alerts the failure step raises; nothing where none has alerts, so that nobody needs a webhook. */
function alertTargets(context: JobContext) {
  const alerts = context.assets.flatMap(({ key, compute }) => {
    const sync = isReverseEtl(compute) ? compute.sync : undefined;
    if (sync?.alerts === undefined) return [];
    return [[key, { schema: sync.schema, webhook: `$res:${sync.alerts.webhook}` }]];
  });
  return alerts.length === 0
    ? {}
    : { alerts: Object.fromEntries(alerts), dry_run: expression("flow_input.dry_run") };
}

function opened(node: Asset, context: JobContext) {
  const { key, deps, group, tags, kinds, owners } = nodeOf(node);
  const model = node.compute?.stage === "opening" ? { model: key } : {};
  return { key, deps, group, tags, kinds, owners, ...model, code_version: context.codeVersion(node) };
}
