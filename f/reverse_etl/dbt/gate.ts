import { RetlError } from "../sync/error.ts";
import type { DbtNode, DbtResult } from "./dbt_backend.ts";

/**
 * Decides whether what a run reads may be sent: every requested model was built in this very invocation, and no test on it or on
 * anything it is made from failed, was skipped or has a status that nobody knows. Tests that warn become warnings, one line each.
 *
 * `models` are `schema.name`; for none there is nothing to decide. Throws `RETL_DBT_FAILED` that names every node in the way, and none of their values.
 */
export function checkDbtResult(models: readonly string[], result: DbtResult): { warnings: string[] } {
  const { warnings } = result;
  if (result.builtByOthers || models.length === 0) return { warnings: [...warnings] };
  const requested = new Set<DbtNode>();
  const missing: string[] = [];
  for (const model of models) {
    const built = result.nodes.filter(
      (node) => node.kind !== "test" && node.relation === model.toLowerCase(),
    );
    for (const node of built) requested.add(node);
    if (built.length === 0) missing.push(model);
  }

  const looked = new Set([...requested].flatMap((node) => [node.uniqueId, ...node.upstream]));
  const onTheWay = result.nodes.filter((node) =>
    node.kind === "test" ? isTestOf(node, looked) : looked.has(node.uniqueId),
  );
  const inTheWay = onTheWay.filter((node) => !maySend(node, requested));
  if (missing.length > 0 || inTheWay.length > 0) {
    throw failure(result, missing, inTheWay);
  }
  const hooks = result.nodes.filter(
    (node) => node.uniqueId.startsWith("operation.") && node.outcome === "failed",
  );
  const noted = [...onTheWay.filter((node) => node.outcome === "warned"), ...hooks];
  return { warnings: [...warnings, ...noted.map(lineOf)] };
}

/** A test that names nothing it looks at may look at anything. */
function isTestOf(test: DbtNode, looked: ReadonlySet<string>): boolean {
  return test.tests.length === 0 || test.tests.some((id) => looked.has(id));
}

function maySend(node: DbtNode, requested: ReadonlySet<DbtNode>): boolean {
  if (node.outcome === "passed" || node.outcome === "warned") return true;
  if (node.kind === "test") return false;
  // What is above a requested model decides through it: dbt skips a model whose parent failed.
  return node.outcome === "no_op" || (!requested.has(node) && node.outcome === "skipped");
}

function failure(result: DbtResult, missing: readonly string[], inTheWay: readonly DbtNode[]): RetlError {
  const failedFirst = [...inTheWay].sort(
    (a, b) => Number(b.outcome === "failed") - Number(a.outcome === "failed"),
  );
  const lines = [
    ...missing.map((model) => `${model} is made by no node of this invocation`),
    ...failedFirst.map(lineOf),
  ];
  return new RetlError("RETL_DBT_FAILED", {
    what: `What this run reads is not fit to be sent, says dbt (invocation ${result.invocationId ?? "none"}, ${result.nodes.length} nodes):\n${lines.map((line) => `  ${line}`).join("\n")}\n`,
    state: "Nothing was planned or sent; models that dbt did build stay as it built them.",
    next:
      missing.length > 0 && inTheWay.length === 0
        ? "Correct the model's name in flows/, or name and schema of the model in the dbt project (a model is selected by its name)."
        : "Correct the models or the data in the dbt project and run again.",
    details: {
      invocationId: result.invocationId,
      missing,
      failed: failedFirst.map(({ uniqueId, outcome }) => ({ uniqueId, outcome })),
    },
  });
}

function lineOf(node: DbtNode): string {
  const what = node.outcome === "unknown" ? "gave no result that counts" : node.outcome;
  return `${node.uniqueId} ${what}${node.message === null ? "" : `: ${node.message}`}`;
}
