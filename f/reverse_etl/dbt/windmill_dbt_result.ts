import * as z from "zod";
import type { DbtNode, DbtResult } from "./dbt_backend.ts";
import { withoutRowValues } from "./node_message.ts";

const OUTCOMES = ["passed", "failed", "warned", "skipped", "no_op", "unknown"] as const;

/** The fields that decide of what Windmill's dbt language gives (docs/dbt-runtime.md of Windmill, read 2026-11). */
const shape = z.object({
  nodes: z.array(
    z.object({
      unique_id: z.string(),
      outcome: z.enum(OUTCOMES).catch("unknown"),
      relation_name: z.string().nullish(),
      message: z.string().nullish(),
    }),
  ),
});

/**
 * Turns the result of a job of Windmill's dbt language into ours; null when it has no nodes in it. Of a job that failed, the result stands
 * in its error's message, from the only line that begins with `{`.
 *
 * Windmill gives no manifest: every test counts as one of every model, and everything built as something that every model is made from,
 * which what was selected (the models and what they are made from) comes close to.
 */
export function windmillDbtResult(jobId: string, success: boolean, result: unknown): DbtResult | null {
  const parsed = shape.safeParse(success ? result : appended(result));
  if (!parsed.success) return null;
  const ids = parsed.data.nodes.map(({ unique_id }) => unique_id).filter((id) => kindOf(id) !== "test");
  return {
    // A job is one invocation of dbt; dbt's own id is not in its result.
    invocationId: jobId,
    builtByOthers: false,
    warnings: [],
    nodes: parsed.data.nodes.map((node): DbtNode => {
      const kind = kindOf(node.unique_id);
      const outcome = kind === "test" && node.outcome === "no_op" ? "unknown" : node.outcome;
      return {
        uniqueId: node.unique_id,
        kind,
        outcome,
        relation: kind === "test" ? null : relationOf(node.relation_name),
        tests: [],
        upstream: kind === "test" ? [] : ids.filter((id) => id !== node.unique_id),
        message: outcome === "passed" ? null : withoutRowValues(node.message),
      };
    }),
  };
}

/** What a failed job says before the appended result, without values of rows. */
export function windmillErrorText(result: unknown): string | null {
  const message = messageOf(result);
  const start = message.search(/^\{/m);
  return withoutRowValues(start < 0 ? message : message.slice(0, start));
}

function appended(result: unknown): unknown {
  const message = messageOf(result);
  const start = message.search(/^\{/m);
  if (start < 0) return undefined;
  try {
    return JSON.parse(message.slice(start));
  } catch {
    return undefined;
  }
}

function messageOf(result: unknown): string {
  const parsed = z.object({ error: z.object({ message: z.string() }) }).safeParse(result);
  return parsed.success ? parsed.data.error.message : "";
}

function kindOf(uniqueId: string): DbtNode["kind"] {
  const [type] = uniqueId.split(".", 1);
  return type === "test" || type === "unit_test" ? "test" : type === "model" ? "model" : "other";
}

/** `"DB"."RETL"."CONTACTS"` and `db.retl.contacts` are both `retl.contacts`. */
function relationOf(name: string | null | undefined): string | null {
  const parts = (name ?? "").match(/"(?:[^"]|"")*"|`[^`]*`|[^.]+/g) ?? [];
  const [schema, relation] = parts
    .slice(-2)
    .map((part) => part.replace(/^["`](.*)["`]$/, "$1").toLowerCase());
  return schema === undefined || relation === undefined ? null : `${schema}.${relation}`;
}
