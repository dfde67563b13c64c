import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "./project.ts";

/** Where the SQL that `dbt compile` wrote is kept, one file a node, with the index below beside it. */
export const COMPILED = join(ROOT, "local", "demo", "compiled");

const node = z.strictObject({
  uniqueId: z.string(),
  file: z.string(),
  /** Of the file, so that an edit by hand is noticed. */
  sha256: z.string(),
  /** The models and sources it reads, as unique ids. */
  parents: z.array(z.string()),
});

const model = node.extend({
  kind: z.literal("model"),
  materialized: z.enum(["table", "view"]),
  schema: z.string(),
  name: z.string(),
});

const test = node.extend({
  kind: z.literal("test"),
  severity: z.enum(["error", "warn"]),
  /** SQL: the number of failures as an expression, and the conditions on it that warn and fail. */
  fail_calc: z.string(),
  warn_if: z.string(),
  error_if: z.string(),
});

const index = z.strictObject({
  /** `hashOfSources` of the project that was compiled. */
  sources: z.string(),
  /** In the order in which they are built and tested. */
  nodes: z.array(z.discriminatedUnion("kind", [model, test])),
});

export type CompiledModel = z.output<typeof model>;
export type CompiledTest = z.output<typeof test>;
export type CompiledNode = CompiledModel | CompiledTest;
export type CompiledIndex = z.output<typeof index>;

export function readCompiledIndex(folder: string = COMPILED): CompiledIndex {
  return index.parse(JSON.parse(readFileSync(join(folder, "index.json"), "utf8")));
}
