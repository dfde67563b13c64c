import { onTestFinished } from "vitest";
import { createAssociations } from "../../f/reverse_etl/hubspot/association_client.ts";
import type { AssociationCounts } from "../../f/reverse_etl/sync/association_plan.ts";
import { compareAssociations } from "../../f/reverse_etl/sync/association_plan.ts";
import type { HubSpotAssociations } from "../../f/reverse_etl/sync/association_port.ts";
import { type AssociationReport, associateRecords } from "../../f/reverse_etl/sync/association_run.ts";
import { systemClock, systemRandom } from "../../f/reverse_etl/sync/clock.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import type { RateLimiter } from "../../f/reverse_etl/sync/push_ports.ts";
import type { SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import { type CompiledSync, SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import {
  type RunningSimulator,
  type StartOptions,
  startSimulator,
} from "../../local/hubspot_simulator/server.ts";
import { type FaultRuleOptions, faultRules } from "../../local/hubspot_simulator/settings.ts";
import { companies, compiledAssociated, employees } from "./association_world.ts";
import { testEngine } from "./test_engine.ts";

/** One link as the source says it: a contact's id and a company's. */
export type Link = readonly [person: string, firm: string | null];

export interface Attempt {
  readonly resync?: "changes" | "all" | "rejected";
  readonly allowedRemovals?: number;
  /** Another session of the warehouse, as a second copy of the step has. */
  readonly session?: Warehouse;
  readonly timeoutMs?: number;
  /** False: pauses between tries are not waited for. */
  readonly patient?: boolean;
  /** Takes what the run says while it waits. */
  readonly said?: string[];
  /** Stands between the run and HubSpot. */
  readonly through?: (hubspot: HubSpotAssociations) => HubSpotAssociations;
}

/** Records that are in HubSpot and in both states already, so that only their associations are to be made. */
export interface AssociationFixture {
  readonly hubspot: RunningSimulator;
  readonly warehouse: Warehouse;
  readonly sync: CompiledSync;
  /** Replaces the source; every contact and company that it names is in HubSpot and in the states. */
  links(list: readonly Link[]): Promise<void>;
  compare(): Promise<AssociationCounts | undefined>;
  associate(runId: string, attempt?: Attempt): Promise<AssociationReport>;
  rows(): Promise<readonly Row[]>;
  sql(text: string): Promise<readonly Row[]>;
  anotherSession(): Promise<Warehouse>;
  fault(...rules: FaultRuleOptions[]): void;
  /** The pairs that HubSpot holds, by unique ids. */
  held(): readonly string[];
  calls(path: string): number;
}

const NO_LIMIT: RateLimiter = {
  acquire: async () => ({ answered: () => undefined, unused: () => undefined }),
};

export async function associationFixture(
  options: {
    readonly contacts?: Partial<SyncInput>;
    readonly firms?: Partial<SyncInput>;
    readonly simulator?: StartOptions;
  } = {},
): Promise<AssociationFixture> {
  const hubspot = await startSimulator({ history: false, ...options.simulator });
  onTestFinished(() => hubspot.close());
  const path = testEngine().emptyWarehouse(onTestFinished);
  const open = async () => {
    const opened = await testEngine().open(path);
    onTestFinished(() => opened.close());
    return opened;
  };
  const warehouse = await open();
  if (warehouse.dialect.name === "duckdb") await warehouse.execute("set threads = 1");
  const syncs = compiledAssociated(employees(options.contacts), companies(options.firms));
  const sync = syncs[1];
  if (sync === undefined) throw new Error("the contacts were not compiled");
  for (const one of syncs) await migrate(warehouse, one);
  await warehouse.execute(
    "create table retl.employees (employee_id varchar, firm_id varchar, advised_id varchar, score integer)",
  );
  await warehouse.execute("create table retl.firms (firm_id varchar, title varchar)");
  const ids = new Map<string, string>();
  const { portal } = hubspot.simulator;

  const known = async (
    type: "contacts" | "companies",
    table: string,
    column: string,
    names: readonly string[],
  ) => {
    const fresh = [...new Set(names)].filter((name) => !ids.has(`${type} ${name}`));
    for (const name of fresh) {
      const id = portal.nextRecordId();
      portal.store(portal.type(type)).create(id, { hs_object_id: id }, 0);
      ids.set(`${type} ${name}`, id);
    }
    if (fresh.length === 0) return;
    const { dialect } = warehouse;
    const { from, field } = dialect.unfold(dialect.jsonFrom("?"), { id: "text", hubspot_id: "text" }, "r");
    await warehouse.execute(
      `insert into retl.${table} (${column}, hubspot_id, row_hash, in_doubt, run_id) select ${field.id}, ${field.hubspot_id}, 'h', false, 'before' from ${from}`,
      [JSON.stringify(fresh.map((id) => ({ id, hubspot_id: ids.get(`${type} ${id}`) })))],
    );
  };

  return {
    hubspot,
    warehouse,
    sync,
    async links(list) {
      const firms = list.flatMap(([, firm]) => (firm === null ? [] : [firm]));
      await known(
        "contacts",
        "employees_sync_state",
        "employee_id",
        list.map(([person]) => person),
      );
      await known("companies", "firms_sync_state", "firm_id", firms);
      const { dialect } = warehouse;
      const { from, field } = dialect.unfold(dialect.jsonFrom("?"), { person: "text", firm: "text" }, "r");
      const bound = [JSON.stringify(list.map(([person, firm]) => ({ person, firm })))];
      await warehouse.transaction(async (session) => {
        await session.execute("delete from retl.employees");
        await session.execute(
          `insert into retl.employees (employee_id, firm_id) select ${field.person}, ${field.firm} from ${from}`,
          bound,
        );
        await session.execute("delete from retl.firms");
        await session.execute(
          `insert into retl.firms (firm_id) select distinct ${field.firm} from ${from} where ${field.firm} is not null`,
          bound,
        );
      });
    },
    compare: async () => (await compareAssociations(new SyncSession(warehouse, sync), "changes"))?.counts,
    associate(
      runId,
      {
        resync = "changes",
        allowedRemovals = 0,
        session = warehouse,
        patient = true,
        said = [],
        timeoutMs = 10_000,
        through = (port: HubSpotAssociations) => port,
      } = {},
    ) {
      const client = createAssociations({ baseUrl: hubspot.url, token: "simulator-token", timeoutMs });
      return associateRecords(
        session,
        sync,
        { runId, resync, allowedRemovals },
        {
          hubspot: through(client),
          limiter: NO_LIMIT,
          clock: patient ? systemClock : { ...systemClock, sleep: async () => undefined },
          random: systemRandom,
          progress: { waits: (line) => said.push(line) },
        },
      );
    },
    rows: () =>
      warehouse.query(
        `select from_id, to_id, operation, code, message, cast(in_doubt as varchar) as in_doubt, cast(attempts as varchar) as attempts,
           case when acknowledged_at is null then 'no' else 'yes' end as acknowledged
         from retl.employees_sync_associations order by from_id, to_id`,
      ),
    sql: (text) => warehouse.query(text),
    anotherSession: open,
    fault: (...rules) => hubspot.simulator.faults.add(faultRules.parse(rules)),
    held() {
      const names = new Map([...ids].map(([name, id]) => [id, name.slice(name.indexOf(" ") + 1)]));
      const [contacts, firms] = [portal.type("contacts"), portal.type("companies")];
      return portal.associations
        .holders(contacts, firms)
        .flatMap((from) =>
          [...portal.associations.of({ type: contacts, id: from }, firms).keys()].map(
            (to) => `${names.get(from)}-${names.get(to)}`,
          ),
        )
        .sort();
    },
    calls(path) {
      const { callsByPath } = hubspot.simulator.counters.report(10_000);
      return callsByPath[`POST /crm/v4/associations/contacts/companies/batch/${path}`] ?? 0;
    },
  };
}

/** Ends the run as a crash would, in front of or behind the n-th write. */
export function crashing(
  where: "before" | "after",
  nth: number,
): (hubspot: HubSpotAssociations) => HubSpotAssociations {
  let writes = 0;
  return (hubspot) => ({
    ...hubspot,
    async write(call) {
      writes += 1;
      if (writes === nth && where === "before") throw new Crash();
      const answer = await hubspot.write(call);
      if (writes === nth) throw new Crash();
      return answer;
    },
  });
}

export class Crash extends Error {}
