import { createHash } from "node:crypto";
import { quoteLiteral } from "../warehouse/identifier.ts";
import { JUDGED_BY_DEFINITION } from "./failure_codes.ts";
import type { PropertyDefinition } from "./hubspot_port.ts";
import { countOf, type SyncSession } from "./sync_session.ts";

/** Over the columns of the rejections. */
const BY_DEFINITION = `(code in (${JUDGED_BY_DEFINITION.map(quoteLiteral).join(", ")}) or code like 'INVALID%')`;
const NONE = "(1 = 0)";

/** What rows were judged by so far. */
export interface DefinitionsSeen {
  /** The fingerprint that the last push recorded; null before the first one. */
  readonly fingerprint: string | null;
  /** Rejections that wait and that other definitions may end. */
  readonly waiting: number;
}

/** A hash of everything about the definitions of these properties that decides whether HubSpot takes a value; a missing one counts. */
export function definitionsFingerprint(
  names: readonly string[],
  definitions: readonly PropertyDefinition[],
): string {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const judged = [...names].sort().map((name) => {
    const found = byName.get(name);
    if (found === undefined) return [name];
    const { type, fieldType, hasUniqueValue, readOnly, calculated, archived } = found;
    return [name, type, fieldType, hasUniqueValue, readOnly, calculated, archived, [...found.options].sort()];
  });
  return createHash("sha256").update(JSON.stringify(judged)).digest("hex").slice(0, 16);
}

export async function readDefinitionsSeen(session: SyncSession): Promise<DefinitionsSeen> {
  const [row] = await session.query("definitions_before", [session.sync.key], {
    by_definition: BY_DEFINITION,
  });
  return { fingerprint: row?.definitions ?? null, waiting: countOf(row, "waiting") };
}

/** Which rejections need not wait any longer, as a condition of SQL. */
export function refusedByDefinition(definitionsChanged: boolean): string {
  return definitionsChanged ? BY_DEFINITION : NONE;
}

/**
 * Keeps what the rows of a run are judged by. Where it is not what the plan was made by, the rejections that a definition decided are due
 * in the next run; that needs no lease, because trying a row once more does no harm.
 */
export async function keepDefinitionsSeen(
  session: SyncSession,
  runId: string,
  fingerprint: string,
): Promise<void> {
  const before = await readDefinitionsSeen(session);
  const isOther = before.fingerprint !== null && before.fingerprint !== fingerprint;
  // Before the fingerprint, because a step that dies in between must see the difference again.
  if (isOther && before.waiting > 0)
    await session.execute("rejections_due", [], { by_definition: BY_DEFINITION });
  await session.execute("definitions_seen", [fingerprint, runId, session.sync.key]);
}
