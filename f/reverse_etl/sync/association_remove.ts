import { type AssociationContext, ask, reasonOf } from "./association_context.ts";
import {
  ASSOCIATION_LIMITS,
  type AssociatedRecords,
  type AssociationCall,
  type AssociationRead,
  type AssociationType,
} from "./association_port.ts";
import type { OwedAssociation } from "./association_rows.ts";
import type { Relation } from "./association_scope.ts";
import type { AssociationSender } from "./association_send.ts";
import { workThrough } from "./work_through.ts";

/** Of the ten calls that a page may come to, so many are worked on at once, beside those of other pages. */
const CALLS_OF_A_PAGE = 4;

/** What must be done so that our association is not there any more and nothing else is lost. */
type Removal =
  /** It is not there. */
  | "gone"
  /** Nothing else is between the two records. */
  | "archive"
  /** Something else is: only our label goes. */
  | "archive_label"
  /** The other row says it too, or something else is and ours has no label: HubSpot could only take all of them away. */
  | "leave"
  | "unknown";

type Types = ReadonlyMap<string, AssociatedRecords>;

/**
 * Takes a page of associations away. What is between the records is read first, because HubSpot's archive takes every label between two
 * records away, whoever set it. A call that fails is kept by the halt.
 */
export async function removeAssociations(
  context: AssociationContext,
  sender: AssociationSender,
  objectType: string,
  { target, label }: Relation,
  rows: readonly OwedAssociation[],
  sending: (rows: readonly OwedAssociation[]) => Promise<void>,
): Promise<void> {
  const types = { fromType: objectType, toType: target.object_type };
  const held = await readHeld(context, types, rows);
  const removals = new Map<Removal, OwedAssociation[]>();
  for (const row of rows) {
    const removal = held === null ? "unknown" : removalOf(row, label, held);
    removals.set(removal, [...(removals.get(removal) ?? []), row]);
  }
  const of = (removal: Removal) => removals.get(removal) ?? [];
  const { tally, halt, inFlight } = context;
  if (of("unknown").length > 0) {
    tally.count({ kind: "deferred", code: halt.reached ? reasonOf(halt) : "NOT_READ" }, of("unknown").length);
  }
  const done = (row: OwedAssociation) => ({
    row,
    outcome: { kind: "acknowledged" as const, hubspotId: null },
    maybeApplied: false,
  });
  await sender.decide("remove", [...of("gone"), ...of("leave")].map(done));
  tally.removed -= of("leave").length;
  tally.left += of("leave").length;
  const take = async (
    owed: readonly OwedAssociation[],
    callOf: (pairs: readonly OwedAssociation[]) => AssociationCall,
  ) => {
    await workThrough(chunks(owed), Math.min(CALLS_OF_A_PAGE, inFlight.concurrency), halt, async (chunk) => {
      if (!halt.reached) await sending(chunk);
      await sender.send(chunk, callOf);
    });
  };
  await take(of("archive"), (pairs) => ({ ...types, action: "archive", pairs }));
  for (const [type, labelled] of byType(of("archive_label"))) {
    await take(labelled, (pairs) => ({ ...types, action: "archive_labels", pairs, type }));
  }
}

function removalOf(row: OwedAssociation, label: string, held: Types): Removal {
  const records = held.get(row.from);
  if (records === undefined || records.kind === "unknown") return "unknown";
  const there = records.kind === "none" ? undefined : records.types.get(row.to);
  if (there === undefined) return "gone";
  if (row.isSaidBack) return "leave";
  const isOurs = (type: AssociationType) =>
    type.category === row.type?.category && type.typeId === row.type.typeId;
  // HubSpot's own kinds (without a label, primary) come with an association; a label of the account was set by somebody.
  const others = there.filter(
    (type) => type.label !== null && type.category !== "HUBSPOT_DEFINED" && !isOurs(type),
  );
  if (!row.isShared && others.length === 0) return "archive";
  if (label === "") return "leave";
  return there.some(isOurs) ? "archive_label" : "gone";
}

/** What is associated with the first records of the pairs; null when it could not be read. */
async function readHeld(
  context: AssociationContext,
  types: Pick<AssociationRead, "fromType" | "toType">,
  rows: readonly OwedAssociation[],
): Promise<Types | null> {
  const held = new Map<string, AssociatedRecords>();
  const wanted = new Map<string, string[]>();
  for (const { from, to } of rows) wanted.set(from, [...(wanted.get(from) ?? []), to]);
  let inputs: AssociationRead["inputs"] = [...wanted.keys()].map((id) => ({ id }));
  while (inputs.length > 0) {
    const request = { ...types, inputs };
    const asked = await ask(context, null, async () => {
      const answer = await context.hubspot.read(request);
      return { answer, verdict: context.hubspot.judgeRead(request, answer) };
    });
    if (asked.kind === "unanswered") return null;
    const next: { id: string; after: string }[] = [];
    for (const [index, { id }] of inputs.entries()) {
      const page = asked.verdict.records[index] ?? { kind: "unknown" };
      const records = merged(held.get(id), onlyOf(page, wanted.get(id) ?? []));
      held.set(id, records);
      const isOpen =
        records.kind === "found" && wanted.get(id)?.some((to) => !records.types.has(to)) === true;
      if (isOpen && records.after !== null) next.push({ id, after: records.after });
    }
    inputs = next;
  }
  return held;
}

/** What else a record is associated with is not kept: a company may have a hundred thousand contacts. */
function onlyOf(page: AssociatedRecords, wanted: readonly string[]): AssociatedRecords {
  if (page.kind !== "found") return page;
  const found = wanted.flatMap((to) => {
    const types = page.types.get(to);
    return types === undefined ? [] : [[to, types] as const];
  });
  return { ...page, types: new Map(found) };
}

function merged(before: AssociatedRecords | undefined, page: AssociatedRecords): AssociatedRecords {
  if (before?.kind !== "found" || page.kind !== "found") return page;
  return { ...page, types: new Map([...before.types, ...page.types]) };
}

function* chunks(rows: readonly OwedAssociation[]): Generator<readonly OwedAssociation[]> {
  for (let start = 0; start < rows.length; start += ASSOCIATION_LIMITS.archive) {
    yield rows.slice(start, start + ASSOCIATION_LIMITS.archive);
  }
}

function byType(
  rows: readonly OwedAssociation[],
): readonly (readonly [AssociationType, OwedAssociation[]])[] {
  const groups = new Map<string, readonly [AssociationType, OwedAssociation[]]>();
  for (const row of rows) {
    if (row.type === null) continue;
    const key = `${row.type.category} ${row.type.typeId}`;
    const group = groups.get(key) ?? ([{ ...row.type, label: null }, []] as const);
    group[1].push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}
