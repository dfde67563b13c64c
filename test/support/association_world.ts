import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Asset, asset } from "../../f/asset_graph/asset.ts";
import { compile } from "../../f/asset_graph/compile.ts";
import { job } from "../../f/asset_graph/job.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { compiledSync, reverseEtl } from "../../f/reverse_etl/reverse_etl.ts";
import { dbtModel, dbtPrep, environmentBranch, recordFailure } from "../../f/reverse_etl/reverse_etl_job.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import type { CompiledSync } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import type { FlowRun } from "../../local/flow_runner/flow_run.ts";
import { scriptsFromFolder } from "../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../local/flow_runner/run_flow.ts";
import { type StartOptions, startSimulator } from "../../local/hubspot_simulator/server.ts";
import type { FaultRuleOptions } from "../../local/hubspot_simulator/settings.ts";
import { variablesOf, windmillWith } from "./environment_variable.ts";
import { SHORT_TIMINGS } from "./people_sync.ts";
import { testEngine } from "./test_engine.ts";

const SETTINGS = { schema: "retl", warehouse: "f/reverse_etl/snowflake", dbt: "f/reverse_etl/dbt" };
const SCRIPTS = scriptsFromFolder(join(import.meta.dirname, "..", ".."));
const quickTimer = {
  now: () => Date.now(),
  sleep: (milliseconds: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, Math.min(milliseconds, 50))),
};

/** A person and the numbers of its firms; a number may name no firm. */
export interface Employee {
  readonly id: string | null;
  readonly firm?: string | null;
  readonly advised?: string | null;
  readonly score?: number;
}

/** An association as the simulator's inspection shows it, by the unique values of its records. */
export interface HeldAssociation {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
}

export type Associations = NonNullable<SyncInput["associations"]>;

export const TO_COMPANY: Associations = [{ to: "hubspot/companies", foreign_key: "firm_id" }];

/** Contacts that are associated with companies, each a sync of its own, in one compiled flow. */
export interface AssociationWorld {
  readonly url: string;
  readonly warehouse: Warehouse;
  /** The resource of the warehouse. */
  readonly warehouseResource: object;
  people(list: readonly Employee[]): Promise<void>;
  firms(list: readonly string[]): Promise<void>;
  run(
    args?: Record<string, unknown>,
    overrides?: Partial<SyncInput>,
    resources?: Readonly<Record<string, unknown>>,
  ): Promise<FlowRun>;
  sql(text: string): Promise<readonly Row[]>;
  held(): Promise<readonly HeldAssociation[]>;
  /** The rows of the table, the oldest columns only. */
  rows(): Promise<readonly Row[]>;
  counters(): Promise<{ readonly calls: number; readonly callsByPath: Readonly<Record<string, number>> }>;
  recordId(type: string, value: string): Promise<string>;
  api(method: string, path: string, body?: unknown): Promise<Response>;
  fault(...rules: FaultRuleOptions[]): Promise<void>;
  clearFaults(): Promise<void>;
}

const base = {
  schema: "retl",
  operation_mode: "upsert" as const,
  batch_sizing: { one_batch_up_to_calls: 1, calls_per_batch: 1, max_batches: 2, parallelism: 2 },
  timings: SHORT_TIMINGS,
};

export function companies(overrides: Partial<SyncInput> = {}): SyncInput {
  return {
    ...base,
    current_state_tbl: "firms",
    sync_table_name: "firms_sync",
    unique_id_col: "firm_id",
    object_type: "companies",
    match_property: "firm_number",
    column_mappings: [{ destination_name: "name", snowflake_name: "title" }],
    ...overrides,
  };
}

export function employees(overrides: Partial<SyncInput> = {}): SyncInput {
  return {
    ...base,
    current_state_tbl: "employees",
    sync_table_name: "employees_sync",
    unique_id_col: "employee_id",
    object_type: "contacts",
    match_property: "person_number",
    column_mappings: [{ destination_name: "score", snowflake_name: "score" }],
    associations: TO_COMPANY,
    ...overrides,
  };
}

export function associatedAssets(contacts: SyncInput, firms: SyncInput = companies()) {
  const models = [dbtModel("retl.employees"), dbtModel("retl.firms")] as const;
  const company = asset({ key: "hubspot/companies", deps: [models[1]], compute: reverseEtl(firms) });
  const contact = asset({
    key: "hubspot/contacts",
    deps: [models[0], company],
    compute: reverseEtl(contacts),
  });
  return { models, company, contact };
}

export function jobOf(assets: readonly Asset[], select = "*") {
  return job({
    name: "crm",
    description: "",
    assets,
    select,
    opening: dbtPrep(SETTINGS),
    gate: environmentBranch(SETTINGS),
    onFailure: recordFailure(SETTINGS),
  });
}

export function compileAssociated(contacts: SyncInput, firms?: SyncInput) {
  const { models, company, contact } = associatedAssets(contacts, firms);
  const declared = jobOf([...models, company, contact]);
  validate([declared]);
  return compile(declared, { folder: "f/reverse_etl", sources: "test" });
}

export function compiledAssociated(contacts: SyncInput, firms?: SyncInput): readonly CompiledSync[] {
  const { company, contact } = associatedAssets(contacts, firms);
  const of = (node: Asset, input: SyncInput) =>
    compiledSync({ asset: node, job: "f/reverse_etl/crm", codeVersion: "test" }, input);
  return [of(company, firms ?? companies()), of(contact, contacts)];
}

export async function associationWorld(
  options: {
    readonly contacts?: Partial<SyncInput>;
    readonly firms?: Partial<SyncInput>;
    readonly simulator?: StartOptions;
  } = {},
): Promise<AssociationWorld> {
  const contacts = employees(options.contacts);
  const firms = companies(options.firms);
  const hubspot = await startSimulator({
    objects: [
      {
        name: "contacts",
        properties: [
          { name: "person_number", type: "string", hasUniqueValue: true },
          { name: "score", type: "number" },
        ],
      },
      { name: "companies", properties: [{ name: "firm_number", type: "string", hasUniqueValue: true }] },
    ],
    ...options.simulator,
  });
  onTestFinished(() => hubspot.close());
  registerDuckdb();
  const engine = testEngine();
  const path = engine.emptyWarehouse(onTestFinished);
  const warehouse = await engine.open(path);
  onTestFinished(() => warehouse.close());
  if (warehouse.dialect.name === "duckdb") await warehouse.execute("set threads = 1");
  for (const sync of compiledAssociated(contacts, firms)) await migrate(warehouse, sync);
  await warehouse.execute(
    "create table retl.employees (employee_id varchar, firm_id varchar, advised_id varchar, score integer)",
  );
  await warehouse.execute("create table retl.firms (firm_id varchar, title varchar)");
  const variables = variablesOf("prod");
  const resources = {
    "f/reverse_etl/snowflake": engine.resource(path),
    "f/reverse_etl/hubspot": { token: "simulator-token", base_url: hubspot.url },
    "f/reverse_etl/dbt": { backend: "none" },
  };
  const windmill = await windmillWith("prod", onTestFinished);
  const ask = async <T>(what: string) =>
    (await (await fetch(`${hubspot.url}/_simulator/${what}`)).json()) as T;
  const records = async (type: string) => {
    type Listed = { readonly records: readonly { id: string; properties: Record<string, string> }[] };
    return (await ask<Listed>(`records/${type}`)).records;
  };
  const names = async (type: string, property: string) =>
    new Map((await records(type)).map(({ id, properties }) => [id, properties[property] ?? id]));
  const replace = async (table: string, columns: readonly string[], rows: readonly object[]) => {
    const { dialect } = warehouse;
    const fields = Object.fromEntries(columns.map((column) => [column, "text" as const]));
    const { from, field } = dialect.unfold(dialect.jsonFrom("?"), fields, "r");
    const values = columns.map((column) =>
      column === "score" ? `cast(${field[column]} as integer)` : field[column],
    );
    await warehouse.transaction(async (session) => {
      await session.execute(`delete from retl.${table}`);
      if (rows.length === 0) return;
      await session.execute(
        `insert into retl.${table} (${columns.join(", ")}) select ${values.join(", ")} from ${from}`,
        [JSON.stringify(rows)],
      );
    });
  };

  return {
    url: hubspot.url,
    warehouse,
    warehouseResource: engine.resource(path),
    people: (list) =>
      replace(
        "employees",
        ["employee_id", "firm_id", "advised_id", "score"],
        list.map(({ id, firm = null, advised = null, score = 1 }) => ({
          employee_id: id,
          firm_id: firm,
          advised_id: advised,
          score: `${score}`,
        })),
      ),
    firms: (list) =>
      replace(
        "firms",
        ["firm_id", "title"],
        list.map((id) => ({ firm_id: id, title: `firm ${id}` })),
      ),
    run(args = {}, overrides = {}, others = {}) {
      windmill.connectClient();
      return runFlow(compileAssociated({ ...contacts, ...overrides }, firms), args, {
        scripts: SCRIPTS,
        resources: { ...resources, ...others },
        variables,
        environment: windmill.env,
        onEvent: (event) => windmill.observe(event),
        timer: quickTimer,
      });
    },
    sql: (text) => warehouse.query(text),
    async held() {
      type Listed = {
        readonly associations: readonly { from: string; to: string; types: { label: string | null }[] }[];
      };
      const { associations } = await ask<Listed>("associations/contacts/companies");
      const people = await names("contacts", "person_number");
      const organisations = await names("companies", "firm_number");
      return associations
        .map(({ from, to, types }) => ({
          from: people.get(from) ?? from,
          to: organisations.get(to) ?? to,
          labels: types.flatMap(({ label }) => (label === null ? [] : [label])),
        }))
        .sort((a, b) => `${a.from} ${a.to}`.localeCompare(`${b.from} ${b.to}`));
    },
    rows: () =>
      warehouse.query(
        `select from_id, to_id, label, operation, code, cast(in_doubt as varchar) as in_doubt,
           case when acknowledged_at is null then 'no' else 'yes' end as acknowledged
         from retl.employees_sync_associations order by from_id, to_id, label`,
      ),
    counters: () => ask("counters"),
    async recordId(type, value) {
      const property = type === "contacts" ? "person_number" : "firm_number";
      const found = (await records(type)).find(({ properties }) => properties[property] === value);
      if (found === undefined) throw new Error(`no record of ${type} has ${value}`);
      return found.id;
    },
    api: (method, what, body) =>
      fetch(`${hubspot.url}${what}`, {
        method,
        headers: { authorization: "Bearer simulator-token", "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async fault(...rules) {
      const answer = await fetch(`${hubspot.url}/_simulator/faults`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(rules),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async clearFaults() {
      await fetch(`${hubspot.url}/_simulator/faults`, { method: "DELETE" });
    },
  };
}
