import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import type { MappingProblem } from "../sync/mapping_problem.ts";
import { asList, asObject, asText, parseJson } from "./answer_body.ts";

/** HubSpot's own object types, by id; every other one is a custom object. */
const NAMES: Readonly<Record<string, string>> = {
  "0-1": "contacts",
  "0-2": "companies",
  "0-3": "deals",
  "0-5": "tickets",
};
const GRANULAR = new Set(["contacts", "companies", "deals"]);

/** The scopes that a sync's calls need. Tickets have one for everything; all custom objects share theirs. */
export function scopesNeeded(objectType: string, createsProperties: boolean): readonly string[] {
  const name = NAMES[objectType] ?? objectType;
  if (name === "tickets") return ["tickets"];
  const isCustom = /^(2-\d+|p\d*_.+)$/.test(name);
  // What other objects of HubSpot's own need is not known here, and nothing is claimed about it.
  if (!isCustom && !GRANULAR.has(name)) return [];
  const object = isCustom ? "custom" : name;
  const rights = [`objects.${object}.read`, `objects.${object}.write`, `schemas.${object}.read`];
  return [...rights, ...(createsProperties ? [`schemas.${object}.write`] : [])].map(
    (right) => `crm.${right}`,
  );
}

/** The scopes of a token; null when HubSpot does not tell them, as for other kinds of token. */
export function parseTokenScopes(answer: HubSpotAnswer): readonly string[] | null {
  if (answer.kind !== "answered" || answer.status !== 200) return null;
  const scopes = asObject(parseJson(answer.body))?.scopes;
  return Array.isArray(scopes)
    ? asList(scopes)
        .map(asText)
        .filter((scope) => scope !== null)
    : null;
}

export function scopeProblems(
  needed: readonly string[],
  granted: readonly string[] | null,
): readonly MappingProblem[] {
  if (granted === null) return [];
  return needed
    .filter((scope) => !granted.includes(scope))
    .map((scope) => ({
      property: "token",
      code: "SCOPE_MISSING",
      problem: `the token lacks the scope ${scope}`,
      fix: "Grant it to the service key or private app in HubSpot.",
    }));
}
