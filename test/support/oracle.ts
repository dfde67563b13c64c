import type { FlowWorld } from "./flow_world.ts";

/** The source's columns and where they belong in HubSpot; `person_id` is the contact's person_number. */
const COLUMNS = { score: "score", tier: "tier", note: "note" } as const;

type Texts = Readonly<Record<string, string>>;

interface Portal {
  readonly records: readonly { readonly id: string; readonly properties: Texts }[];
  readonly duplicates: Readonly<Record<string, unknown>>;
}

/**
 * What differs between the source table and HubSpot, one line each: missing and extra contacts, values, and contacts that share a
 * person number. Reads the table and the simulator's inspection only, and shares no code with the mapping, the diff or the push.
 *
 * `except`: person numbers that must not be in HubSpot with the source's values (they are listed in the rejections).
 */
export async function differences(
  world: Pick<FlowWorld, "sql" | "inspect">,
  { except = [], columns = COLUMNS }: { except?: readonly string[]; columns?: Texts } = {},
): Promise<readonly string[]> {
  const source = await world.sql(
    `select trim(person_id) as person_id, ${Object.keys(columns).join(", ")} from retl.people`,
  );
  const portal = await world.inspect<Portal>("records/contacts?by=person_number");
  const lines: string[] = [];
  for (const [property, values] of Object.entries(portal.duplicates)) {
    if (Object.keys(values as object).length > 0) lines.push(`shared ${property}: ${JSON.stringify(values)}`);
  }
  const byNumber = new Map(portal.records.map((record) => [record.properties.person_number ?? "?", record]));
  if (byNumber.size !== portal.records.length) lines.push("contacts without a person number of their own");
  const wanted = new Set(source.map((row) => row.person_id));
  for (const number of byNumber.keys()) {
    if (!wanted.has(number)) lines.push(`${number}: is in HubSpot but not in the source`);
  }
  for (const row of source) {
    const number = row.person_id;
    if (number === null || number === undefined || except.includes(number)) continue;
    const record = byNumber.get(number);
    if (record === undefined) {
      lines.push(`${number}: is not in HubSpot`);
      continue;
    }
    for (const [column, property] of Object.entries(columns)) {
      const expected = (row[column] ?? "").trim();
      const held = record.properties[property] ?? "";
      if (expected !== held) lines.push(`${number}.${property}: source "${expected}", HubSpot "${held}"`);
    }
  }
  return lines;
}

/**
 * Promise 3, one line for every breach: values that the state takes for acknowledged and HubSpot does not hold, and contacts that
 * the state does not know. Rows in doubt may differ.
 */
export async function silentDifferences(
  world: Pick<FlowWorld, "sql" | "inspect">,
): Promise<readonly string[]> {
  const state = await world.sql("select person_id, payload, in_doubt from retl.people_sync_state");
  const { records } = await world.inspect<Portal>("records/contacts");
  const held = new Map(records.map(({ properties }) => [properties.person_number ?? "?", properties]));
  const lines: string[] = [];
  const known = new Set(state.map((row) => row.person_id));
  for (const number of held.keys()) {
    if (!known.has(number)) lines.push(`${number}: is in HubSpot, and the state does not know it`);
  }
  for (const row of state) {
    if (row.in_doubt === "true") continue;
    const number = row.person_id ?? "?";
    const properties = held.get(number);
    if (properties === undefined) {
      lines.push(`${number}: the state has it acknowledged, and it is not in HubSpot`);
      continue;
    }
    for (const [property, value] of Object.entries(JSON.parse(row.payload ?? "{}") as Texts)) {
      const there = properties[property] ?? "";
      if (there !== value.trim()) lines.push(`${number}.${property}: state "${value}", HubSpot "${there}"`);
    }
  }
  return lines;
}

/** Promise 6, one line for every run whose counts do not add up. */
export async function unbalancedRuns(world: Pick<FlowWorld, "sql">): Promise<readonly string[]> {
  const rows = await world.sql(`
    select * from retl.retl_runs
    where planned_at is not null
      and (rows_read <> unchanged + to_create + to_update + skipped + refused
        or (settled_at is not null and to_create + to_update + to_archive + to_clear <> acknowledged + rejected + deferred + unknown))`);
  return rows.map((row) => JSON.stringify(row));
}

/** Everything that a history must not leave behind: rows that differ, rows that differ without anyone knowing, runs that do not add up. */
export async function breachesOf(world: Parameters<typeof differences>[0]): Promise<readonly string[]> {
  return [
    ...(await differences(world)),
    ...(await silentDifferences(world)),
    ...(await unbalancedRuns(world)),
  ];
}
