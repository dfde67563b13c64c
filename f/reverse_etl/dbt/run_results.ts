import * as z from "zod";
import type { DbtNode, DbtResult } from "./dbt_backend.ts";
import { withoutRowValues } from "./node_message.ts";

/** The fields of dbt's run_results.json that decide; schema v6, written by dbt 1.8 and newer (seen with 1.11.16). */
const runResultsShape = z.object({
  metadata: z.object({ invocation_id: z.string().min(1) }),
  results: z.array(z.object({ unique_id: z.string(), status: z.string(), message: z.string().nullish() })),
});

/** The fields of dbt's manifest.json that say what a node makes and looks at; schema v12, written by dbt 1.8 and newer. */
const manifestShape = z.object({
  nodes: z.record(
    z.string(),
    z.object({ schema: z.string().nullish(), name: z.string(), alias: z.string().nullish() }),
  ),
  parent_map: z.record(z.string(), z.array(z.string())),
});

type Manifest = z.output<typeof manifestShape>;

const KINDS_WITH_RELATION = ["model", "seed", "snapshot"];
const KINDS_OF_TEST = ["test", "unit_test"];

/**
 * Turns dbt's two artifacts of one invocation, as parsed JSON, into our result.
 * Throws a `ZodError` when they do not have the fields that dbt documents.
 */
export function parseDbtArtifacts(runResults: unknown, manifest: unknown): DbtResult {
  const run = runResultsShape.parse(runResults);
  const project = manifestShape.parse(manifest);
  return {
    invocationId: run.metadata.invocation_id,
    nodes: run.results.map((result) => nodeOf(result.unique_id, result.status, result.message, project)),
    builtByOthers: false,
    warnings: [],
  };
}

function nodeOf(
  uniqueId: string,
  status: string,
  message: string | null | undefined,
  manifest: Manifest,
): DbtNode {
  const [type = ""] = uniqueId.split(".", 1);
  const isTest = KINDS_OF_TEST.includes(type);
  const outcome = outcomeOf(status, isTest);
  const made = KINDS_WITH_RELATION.includes(type) ? manifest.nodes[uniqueId] : undefined;
  return {
    uniqueId,
    kind: isTest ? "test" : type === "model" ? "model" : "other",
    outcome,
    relation: made ? `${made.schema ?? ""}.${made.alias ?? made.name}`.toLowerCase() : null,
    tests: isTest ? (manifest.parent_map[uniqueId] ?? []) : [],
    upstream: isTest ? [] : ancestors(uniqueId, manifest.parent_map),
    message:
      outcome === "unknown"
        ? `dbt's status is "${status}"`
        : outcome === "passed"
          ? null
          : withoutRowValues(message),
  };
}

/** Transitive, because nodes between two of them (ephemeral models) are in the manifest and never in the results. */
function ancestors(uniqueId: string, parents: Readonly<Record<string, readonly string[]>>): string[] {
  const found = new Set<string>();
  const waiting = [...(parents[uniqueId] ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(parents[next] ?? []));
  }
  return [...found].sort();
}

/**
 * One word for dbt's statuses; a status that dbt adds one day is unknown and therefore no success.
 * A model that warns was built all the same; the gate tells it from a test that warns by the node's kind.
 */
export function outcomeOf(status: string, isTest: boolean): DbtNode["outcome"] {
  switch (status) {
    case "success":
    case "pass":
    case "reused":
      return "passed";
    case "no-op":
      return isTest ? "unknown" : "no_op";
    case "warn":
      return "warned";
    case "fail":
    case "error":
    case "runtime error":
    case "partial success":
      return "failed";
    case "skipped":
      return "skipped";
    default:
      return "unknown";
  }
}
