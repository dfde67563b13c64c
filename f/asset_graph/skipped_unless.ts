import type { FlowModule } from "./openflow.ts";

/**
 * A module of an asset, skipped at run time when the run does not select the asset. The compiler sees to it, so that no compute can
 * forget. A module that does nothing by itself for a deselected asset stays as it is, because a skipped one costs Windmill a job.
 */
export function skippedUnless(selected: string, module: FlowModule): FlowModule {
  if (module.skip_if?.expr === `!${selected}` || takesNoBranch(selected, module)) return module;
  const own = module.skip_if === undefined ? "" : ` || (${module.skip_if.expr})`;
  return { ...module, skip_if: { expr: `!${selected}${own}` } };
}

function takesNoBranch(selected: string, { value }: FlowModule): boolean {
  return (
    value.type === "branchone" &&
    value.default.length === 0 &&
    value.branches.every(({ expr }) => expr.startsWith(`${selected} && `) && !expr.includes("||"))
  );
}
