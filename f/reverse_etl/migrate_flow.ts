import type { JobContext } from "../asset_graph/compute.ts";
import type { OpenFlow } from "../asset_graph/openflow.ts";
import { scriptStep } from "../asset_graph/script_step.ts";
import { compiledSync, isReverseEtl } from "./reverse_etl.ts";

/** The flow that makes the tables of a job's syncs; run once after deploying a job and after every upgrade. */
export function migrateFlow(context: JobContext, job: { readonly name: string }): OpenFlow {
  const byWarehouse = new Map<string, object[]>();
  for (const asset of context.assets) {
    if (!isReverseEtl(asset.compute)) continue;
    const sync = compiledSync(
      { asset, job: context.job, codeVersion: context.codeVersion(asset) },
      asset.compute.sync,
    );
    const { warehouse } = sync.config.resources;
    byWarehouse.set(warehouse, [...(byWarehouse.get(warehouse) ?? []), sync]);
  }
  const modules = [...byWarehouse].map(([warehouse, syncs], index) =>
    scriptStep({
      id: `migrate_${index + 1}`,
      summary: `Make the tables in ${warehouse}`,
      path: "f/reverse_etl/migrate",
      inputs: { warehouse: `$res:${warehouse}`, syncs },
    }),
  );
  return {
    summary: `${job.name}: make the tables`,
    description:
      "Creates the tables of the job's syncs where they are missing. Needs a role that may create tables.",
    value: { modules },
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {},
      required: [],
      order: [],
    },
  };
}
