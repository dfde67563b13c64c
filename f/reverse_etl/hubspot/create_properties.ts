import { RetlError } from "../sync/error.ts";
import type { HubSpot, NewProperty } from "../sync/hubspot_port.ts";
import { errorFact } from "./error_fact.ts";
import { judgeStatus } from "./judge_status.ts";

/** HubSpot's limit of inputs in one batch request (properties API v3, read 2026-11). */
const MAX_INPUTS = 100;
const EXISTS = /ALREADY_EXISTS|CONFLICT/;

/**
 * Creates properties. One that another run created meanwhile counts as created; the caller reads the definitions again.
 *
 * Throws `RETL_HUBSPOT_FORBIDDEN` when the token may not (`crm.schemas.<object>.write`), `RETL_HUBSPOT_REFUSED` with every reason
 * when HubSpot does not take some, `RETL_HUBSPOT_UNREACHABLE` when no answer says so.
 */
export async function createProperties(
  hubspot: HubSpot,
  objectType: string,
  properties: readonly NewProperty[],
): Promise<void> {
  const names = properties.map(({ name }) => name);
  const refusals: string[] = [];
  for (let start = 0; start < properties.length; start += MAX_INPUTS) {
    const told = judgeStatus(
      await hubspot.createProperties(objectType, properties.slice(start, start + MAX_INPUTS)),
    );
    if (told.kind === "wait" || told.kind === "defer") throw unreachable(objectType, names, told.code);
    if (told.kind === "stop") {
      throw new RetlError(told.stop.code, {
        what: `HubSpot refused to create properties of ${objectType} (${told.stop.reason}): ${told.stop.message}.`,
        state: "No record was written; the plan is kept.",
        next: `Grant the token crm.schemas.${objectType}.write (crm.schemas.custom.write for custom objects), or create ${names.join(", ")} in HubSpot.`,
        details: { properties: names },
      });
    }
    const error = told.body.error;
    const errors = told.kind === "refused" ? [error] : (error?.inner ?? []);
    for (const one of errors) {
      const { code, message } = errorFact(one, told.status, { names: names.join(" ") });
      if (!EXISTS.test(`${code} ${one?.category ?? ""}`) && told.status !== 409)
        refusals.push(`${code}: ${message}`);
    }
  }
  if (refusals.length === 0) return;
  throw new RetlError("RETL_HUBSPOT_REFUSED", {
    what: `HubSpot did not create every property of ${objectType}:\n${refusals.map((line) => `  ${line}`).join("\n")}\n`,
    state: "No record was written; the plan is kept. Properties that were created stay.",
    next: `Create ${names.join(", ")} in HubSpot, or correct create_missing_properties, and run again.`,
    details: { properties: names },
  });
}

function unreachable(objectType: string, names: readonly string[], code: string): RetlError {
  return new RetlError("RETL_HUBSPOT_UNREACHABLE", {
    what: `HubSpot did not say whether it created properties of ${objectType} (${code}).`,
    state: "No record was written; the plan is kept.",
    next: "Run again: what was created is found and not created twice.",
    details: { properties: names },
  });
}
