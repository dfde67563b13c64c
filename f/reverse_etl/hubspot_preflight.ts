import { createProperties } from "./hubspot/create_properties.ts";
import { parsePropertyDefinitions, readablePropertyDefinitions } from "./hubspot/property_definitions.ts";
import { hubspotFromResource } from "./hubspot/resource.ts";
import type { HubSpotResource } from "./hubspot/resource_settings.ts";
import { parseTokenScopes, scopeProblems, scopesNeeded } from "./hubspot/token_scopes.ts";
import { readProperties } from "./read_properties.ts";
import { definitionsFingerprint, readDefinitionsSeen } from "./sync/definitions_seen.ts";
import { RetlError, withoutFullStop } from "./sync/error.ts";
import type { HubSpot, PropertyDefinition } from "./sync/hubspot_port.ts";
import { readMapping, valueKind } from "./sync/mapping.ts";
import type { MappingProblem } from "./sync/mapping_problem.ts";
import { type CreateMissing, missingProperties } from "./sync/new_properties.ts";
import { missingOptions } from "./sync/option_use.ts";
import { checkMapping, type MappedProperty } from "./sync/preflight.ts";
import { sentSource } from "./sync/suppressions.ts";
import type { SyncConfig } from "./sync/sync_config.ts";
import type { SyncSession } from "./sync/sync_session.ts";

/** What stands between a sync and HubSpot. */
export interface PreflightReport {
  readonly object_type: string;
  /** How many properties are mapped. */
  readonly properties: number;
  /** What would make HubSpot refuse rows, each with its fix; empty when HubSpot can take everything. */
  readonly problems: readonly MappingProblem[];
  /** Properties that HubSpot lacks and that the next run creates, because the sync's `create_missing_properties` lets it. */
  readonly creates: readonly string[];
}

/**
 * Compares a sync with its source and with HubSpot, and reports every problem at once; writes nothing anywhere. At most three calls.
 *
 * An option that the data has and HubSpot lacks is a problem here. In a run it is a warning, because HubSpot refuses such rows one by
 * one and takes the others.
 *
 * Throws `RETL_SOURCE_MISSING`, `RETL_SOURCE_COLUMN`, `RETL_HUBSPOT_UNREACHABLE`, and what the warehouse throws.
 */
export async function preflight(hubspot: HubSpot, session: SyncSession): Promise<PreflightReport> {
  const { config } = session.sync;
  const { dialect } = session;
  const { columns } = await readMapping(session);
  const allowed = createMissingOf(config);
  const scopes = scopeProblems(
    scopesNeeded(config.object_type, allowed !== null),
    parseTokenScopes(await hubspot.tokenScopes()),
  );
  const read = await definitionsOrProblem(hubspot, config.object_type);
  const report = { object_type: config.object_type, properties: columns.length };
  if (isProblem(read)) {
    const isSaid = scopes.length > 0 && read.code === "SCOPE_MISSING";
    return { ...report, problems: isSaid ? scopes : [...scopes, read], creates: [] };
  }
  const mapped = columns.map(({ property, kind }) => ({
    destination_name: property,
    valueKind: valueKind(kind),
  }));
  const created =
    allowed === null ? [] : newProperties(config, allowed, mapped, read).map(({ name }) => name);
  const found = await mappingProblems(hubspot, config, mapped, read);
  const options = await missingOptions(
    session,
    { from: sentSource(session), binds: [] },
    columns.map(({ property, column, kind }) => ({
      property,
      text: dialect.textOf(dialect.identifier(column), kind),
    })),
    read,
  );
  const problems = found.filter(
    ({ code, property }) => code !== "PROPERTY_MISSING" || !created.includes(property),
  );
  return { ...report, problems: [...scopes, ...problems, ...options], creates: created };
}

/** Every problem of a mapping. Reads the archived properties, too, when one is missing: it may be among them. */
export async function mappingProblems(
  hubspot: HubSpot,
  config: Pick<SyncConfig, "object_type" | "match_property">,
  mapped: readonly MappedProperty[],
  definitions: readonly PropertyDefinition[],
): Promise<readonly MappingProblem[]> {
  const match = config.match_property ?? null;
  const problems = checkMapping(mapped, match, definitions);
  if (!problems.some(({ code }) => code === "PROPERTY_MISSING")) return problems;
  const archived = await definitionsOrProblem(hubspot, config.object_type, true);
  if (isProblem(archived)) return problems;
  const known = new Set(definitions.map(({ name }) => name));
  const gone = archived
    .filter(({ name }) => !known.has(name))
    .map((definition) => ({ ...definition, archived: true }));
  return checkMapping(mapped, match, [...definitions, ...gone]);
}

/**
 * Creates the properties that HubSpot lacks where the sync says so, and answers the definitions as they are then.
 * Throws what `createProperties` and `parsePropertyDefinitions` throw.
 */
export async function withMissingCreated(
  hubspot: HubSpot,
  config: SyncConfig,
  mapped: readonly MappedProperty[],
  definitions: readonly PropertyDefinition[],
): Promise<{ readonly definitions: readonly PropertyDefinition[]; readonly created: readonly string[] }> {
  const allowed = createMissingOf(config);
  const missing = allowed === null ? [] : newProperties(config, allowed, mapped, definitions);
  if (missing.length === 0) return { definitions, created: [] };
  await createProperties(hubspot, config.object_type, missing);
  return {
    definitions: parsePropertyDefinitions(await readProperties(hubspot, config.object_type)),
    created: missing.map(({ name }) => name),
  };
}

/**
 * Whether the definitions of the mapped properties are others than those that rows were judged by last. Asks HubSpot only while a row
 * waits that another definition could let through; a HubSpot that does not answer has not changed.
 */
export async function definitionsChanged(resource: HubSpotResource, session: SyncSession): Promise<boolean> {
  const { config } = session.sync;
  const seen = await readDefinitionsSeen(session);
  if (seen.fingerprint === null || seen.waiting === 0) return false;
  const hubspot = hubspotFromResource(resource, config.timings.call_timeout_seconds * 1000);
  const answer = await hubspot.properties(config.object_type);
  const definitions = readablePropertyDefinitions(answer);
  return definitions !== null && fingerprintOf(config, definitions) !== seen.fingerprint;
}

/** What decides whether HubSpot takes the values of a sync. */
export function fingerprintOf(config: SyncConfig, definitions: readonly PropertyDefinition[]): string {
  const mapped = config.column_mappings.map(({ destination_name }) => destination_name);
  const match = config.match_property === undefined ? [] : [config.match_property];
  return definitionsFingerprint([...mapped, ...match], definitions);
}

function newProperties(
  config: SyncConfig,
  allowed: CreateMissing,
  mapped: readonly MappedProperty[],
  definitions: readonly PropertyDefinition[],
) {
  return missingProperties(allowed, mapped, config.match_property ?? null, definitions);
}

function createMissingOf({ create_missing_properties: setting }: SyncConfig): CreateMissing | null {
  if (setting === false) return null;
  return setting === true ? { match_property: false } : setting;
}

const AS_PROBLEM: Readonly<Record<string, Pick<MappingProblem, "code" | "property" | "fix">>> = {
  RETL_HUBSPOT_UNAUTHORIZED: {
    code: "TOKEN_REFUSED",
    property: "token",
    fix: "Store a valid service key in the variable that the resource refers to.",
  },
  RETL_HUBSPOT_FORBIDDEN: {
    code: "SCOPE_MISSING",
    property: "token",
    fix: "Grant crm.schemas.<object>.read to the service key or private app in HubSpot.",
  },
  RETL_HUBSPOT_REFUSED: {
    code: "OBJECT_TYPE_UNKNOWN",
    property: "object_type",
    fix: "Use contacts, companies, deals, tickets, or a custom object's 2-<number> or full name (GET /crm/v3/schemas lists them).",
  },
};

async function definitionsOrProblem(
  hubspot: HubSpot,
  objectType: string,
  archived = false,
): Promise<readonly PropertyDefinition[] | MappingProblem> {
  try {
    return parsePropertyDefinitions(await readProperties(hubspot, objectType, archived));
  } catch (error) {
    const known = error instanceof RetlError ? AS_PROBLEM[error.code] : undefined;
    if (known === undefined || !(error instanceof RetlError)) throw error;
    const said = withoutFullStop(error.message);
    return { ...known, problem: `HubSpot does not list the properties of ${objectType}: ${said}` };
  }
}

function isProblem(read: readonly PropertyDefinition[] | MappingProblem): read is MappingProblem {
  return "code" in read;
}
