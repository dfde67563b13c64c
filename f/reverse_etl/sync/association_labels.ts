import { type AssociationContext, ask } from "./association_context.ts";
import type { AssociationType } from "./association_port.ts";
import type { Relation } from "./association_scope.ts";
import { RetlError } from "./error.ts";

/**
 * The kind of association of each relation, in the order of the relations; null when HubSpot could not be asked. Throws
 * `RETL_ASSOCIATION_LABEL` with every label that the portal does not have between the two object types.
 */
export async function resolveLabels(
  context: AssociationContext,
  syncKey: string,
  objectType: string,
  relations: readonly Relation[],
): Promise<readonly AssociationType[] | null> {
  const known = new Map<string, readonly AssociationType[]>();
  for (const { target } of relations) {
    if (known.has(target.object_type)) continue;
    const asked = await ask(context, null, async () => {
      const answer = await context.hubspot.labels(objectType, target.object_type);
      return { answer, verdict: context.hubspot.judgeLabels(answer) };
    });
    if (asked.kind === "unanswered") return null;
    known.set(target.object_type, asked.verdict.types);
  }
  const problems: string[] = [];
  const resolved = relations.flatMap((relation) => {
    const types = known.get(relation.target.object_type) ?? [];
    const type = typeOf(relation, types);
    if (type !== undefined) return [type];
    const names = types.map(
      ({ label, category, typeId }) => `${label ?? "(no label)"} (${category} ${typeId})`,
    );
    problems.push(
      `with ${relation.target.key} as "${relation.label || "(no label)"}"; ${objectType} and ${relation.target.object_type} have: ${names.join(", ") || "none"}`,
    );
    return [];
  });
  if (problems.length === 0) return resolved;
  throw new RetlError("RETL_ASSOCIATION_LABEL", {
    what: `HubSpot does not have ${problems.length === 1 ? "an association" : `${problems.length} associations`} of ${syncKey}:\n${problems.map((line) => `  ${line}`).join("\n")}\n`,
    state: "The records are pushed and settled; no association was created.",
    next: "Correct label in flows/ and run npm run build, or make the label in HubSpot (Settings, Data Management, Objects, Associations). The next run creates what is missing.",
    details: { problems },
  });
}

function typeOf(
  { config: { label } }: Relation,
  types: readonly AssociationType[],
): AssociationType | undefined {
  if (typeof label === "object") {
    return types.find(
      ({ category, typeId }) => category === label.category && typeId === String(label.type_id),
    );
  }
  const named = types.filter((type) => type.label === (label ?? null));
  // Where HubSpot and the account have one of the same name, HubSpot's own is meant.
  return named.find(({ category }) => category === "HUBSPOT_DEFINED") ?? named[0];
}
