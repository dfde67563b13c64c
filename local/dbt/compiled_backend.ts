import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type DbtNode, type DbtResult, registerDbtBackend } from "../../f/reverse_etl/dbt/dbt_backend.ts";
import { buildInProcess } from "../../f/reverse_etl/dbt/in_process.ts";
import { parseDbtResource } from "../../f/reverse_etl/dbt/resource_problems.ts";
import { hasCode, RetlError } from "../../f/reverse_etl/sync/error.ts";
import type { Warehouse, WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { COMPILED, type CompiledNode, type CompiledTest, readCompiledIndex } from "./compiled_index.ts";

const shape = z.strictObject({ backend: z.literal("compiled") });

/**
 * Makes `{ backend: "compiled" }` a dbt back end: in the run's own warehouse, it runs the SQL that `dbt compile` wrote, models and tests,
 * in the order and with the consequences of `dbt build`, so that the demo needs no Python. Everything is rebuilt, so a full refresh is no
 * different. The models are written so that DuckDB and Snowflake read the same text.
 */
export function registerCompiledBackend(folder: string = COMPILED): void {
  registerDbtBackend("compiled", (resource, { openWarehouse }) => {
    parseDbtResource(shape, resource);
    return buildInProcess(async ({ models }) => {
      const warehouse = await openWarehouse();
      try {
        return await build(warehouse, folder, models);
      } finally {
        await warehouse.close();
      }
    });
  });
}

async function build(warehouse: Warehouse, folder: string, models: readonly string[]): Promise<DbtResult> {
  const all = readCompiledIndex(folder).nodes;
  let nodes: DbtNode[] = [];
  try {
    await warehouse.transaction(async (session) => {
      nodes = [];
      // A statement that was refused ends DuckDB's transaction: whatever comes after it is skipped, and all of it is rolled back.
      let refused = false;
      for (const node of withUpstream(all, models)) {
        const described = describe(node, all);
        if (refused || isBlocked(node, nodes)) {
          nodes.push({ ...described, outcome: "skipped", message: null });
          continue;
        }
        try {
          nodes.push({ ...described, ...(await compute(session, node, folder)) });
        } catch (error) {
          if (!(error instanceof RetlError) || hasCode(error, "RETL_WAREHOUSE_CONFLICT")) throw error;
          nodes.push({ ...described, outcome: "failed", message: error.message });
          refused = true;
        }
      }
      if (refused) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return { invocationId: randomUUID(), nodes, builtByOthers: false, warnings: [] };
}

class RolledBack extends Error {}

type Judgement = Pick<DbtNode, "outcome" | "message">;

/** The requested models, what they are made from, and every test that looks at any of these; as `dbt build --select +model`. */
function withUpstream(all: readonly CompiledNode[], models: readonly string[]): CompiledNode[] {
  const wanted = new Set<string>();
  for (const node of [...all].reverse()) {
    if (node.kind !== "model") continue;
    if (models.includes(relationOf(node)) || wanted.has(node.uniqueId)) {
      for (const id of [node.uniqueId, ...node.parents]) wanted.add(id);
    }
  }
  return all.filter((node) =>
    node.kind === "model" ? wanted.has(node.uniqueId) : node.parents.some((parent) => wanted.has(parent)),
  );
}

function describe(node: CompiledNode, all: readonly CompiledNode[]) {
  return {
    uniqueId: node.uniqueId,
    kind: node.kind,
    relation: node.kind === "model" ? relationOf(node) : null,
    tests: node.kind === "test" ? node.parents : [],
    upstream: node.kind === "model" ? ancestors(node, all) : [],
  };
}

async function compute(session: WarehouseSession, node: CompiledNode, folder: string): Promise<Judgement> {
  const sql = readFileSync(join(folder, node.file), "utf8");
  if (node.kind === "test") return judge(session, node, sql);
  const schema = session.dialect.identifier(node.schema);
  const name = session.dialect.identifier(node.name);
  await session.execute(`create schema if not exists ${schema}`);
  await session.execute(`create or replace ${node.materialized} ${schema}.${name} as\n${sql}`);
  return { outcome: "passed", message: null };
}

/** What dbt skips: whatever reads a model that failed or was skipped, and models above which a test failed. */
function isBlocked(node: CompiledNode, before: readonly DbtNode[]): boolean {
  return before.some((earlier) => {
    if (earlier.outcome !== "failed" && earlier.outcome !== "skipped") return false;
    if (earlier.kind === "model") return node.parents.includes(earlier.uniqueId);
    return node.kind === "model" && earlier.tests.some((id) => node.parents.includes(id));
  });
}

/** dbt's own rule: an `error` test fails on error_if, and whatever does not fail warns on warn_if. */
async function judge(session: WarehouseSession, test: CompiledTest, sql: string): Promise<Judgement> {
  const [row] = await session.query(
    `select ${test.fail_calc} as failures, ${test.fail_calc} ${test.warn_if} as should_warn, ${test.fail_calc} ${test.error_if} as should_error
     from (${sql}\n) as dbt_internal_test`,
  );
  const found = `Got ${row?.failures} ${row?.failures === "1" ? "result" : "results"}, configured to`;
  if (test.severity === "error" && row?.should_error === "true") {
    return { outcome: "failed", message: `${found} fail if ${test.error_if}` };
  }
  if (row?.should_warn === "true") return { outcome: "warned", message: `${found} warn if ${test.warn_if}` };
  return { outcome: row?.should_warn === "false" ? "passed" : "unknown", message: null };
}

function relationOf(model: { readonly schema: string; readonly name: string }): string {
  return `${model.schema}.${model.name}`.toLowerCase();
}

function ancestors(node: CompiledNode, all: readonly CompiledNode[]): string[] {
  const above = node.parents.flatMap((parent) => {
    const found = all.find(({ uniqueId }) => uniqueId === parent);
    return [parent, ...(found === undefined ? [] : ancestors(found, all))];
  });
  return [...new Set(above)].sort();
}
