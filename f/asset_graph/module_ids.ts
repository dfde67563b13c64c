import { AssetGraphError } from "./asset_graph_error.ts";
import type { FlowModule } from "./openflow.ts";

/** What Windmill takes as an id, and ids that mean something of their own to it (OpenFlow of Windmill 1.788, read 2026-11). */
const ID = /^[A-Za-z0-9_]+$/;
const RESERVED: readonly string[] = ["failure", "preprocessor", "Input"];

/** Throws an `AssetGraphError` unless every module of a flow has an id of its own that Windmill takes; the failure step's is `failure`. */
export function checkModuleIds(job: string, modules: readonly FlowModule[], failure: FlowModule): void {
  const ids = modules.flatMap(idsIn);
  const problems = [
    ...ids.filter((id) => !ID.test(id)).map((id) => `"${id}" is no id. Use letters, digits and "_".`),
    ...ids
      .filter((id) => RESERVED.includes(id))
      .map((id) => `"${id}" is an id of Windmill's own. Use another.`),
    ...ids
      .filter((id, index) => ids.indexOf(id) !== index)
      .map((id) => `several modules have the id "${id}". Make ids of context.id(step), each step once.`),
    ...(failure.id === "failure"
      ? []
      : [`the failure step has the id "${failure.id}". It must be "failure".`]),
  ];
  if (problems.length > 0)
    throw new AssetGraphError([...new Set(problems)].map((problem) => `job ${job}: ${problem}`));
}

function idsIn({ id, value }: FlowModule): readonly string[] {
  switch (value.type) {
    case "forloopflow":
      return [id, ...value.modules.flatMap(idsIn)];
    case "branchone":
      return [id, ...[...value.branches.flatMap(({ modules }) => modules), ...value.default].flatMap(idsIn)];
    case "branchall":
      return [id, ...value.branches.flatMap(({ modules }) => modules.flatMap(idsIn))];
    case "script":
    case "identity":
      return [id];
  }
}
