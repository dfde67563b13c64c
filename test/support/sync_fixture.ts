import { onTestFinished } from "vitest";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { batchChanges } from "../../f/reverse_etl/sync/changes.ts";
import { startAttempt } from "../../f/reverse_etl/sync/journal.ts";
import { migrate } from "../../f/reverse_etl/sync/migrate.ts";
import type { Outcome } from "../../f/reverse_etl/sync/outcome.ts";
import { type Plan, planChanges } from "../../f/reverse_etl/sync/plan.ts";
import type { RunParams } from "../../f/reverse_etl/sync/run_params.ts";
import { type Settlement, settleRun } from "../../f/reverse_etl/sync/settle.ts";
import { parseSync, type SyncInput } from "../../f/reverse_etl/sync/sync_config.ts";
import { type CompiledSync, SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { testEngine } from "./test_engine.ts";

const SHORT_TIMINGS = {
  lease_seconds: 2,
  lease_extend_seconds: 0.3,
  call_timeout_seconds: 0.2,
  hubspot_request_seconds: 0.2,
  clock_skew_seconds: 0.1,
  outage_seconds: 0,
};

/** A sync of contacts by a custom unique property, with two columns; `overrides` replace whole settings. */
export function contactsSync(overrides: Partial<SyncInput> = {}): CompiledSync {
  return {
    key: "hubspot/contacts",
    job: "f/reverse_etl/hubspot_contacts",
    code_version: "test",
    config: parseSync({
      schema: "retl",
      current_state_tbl: "hubspot_contacts",
      sync_table_name: "hubspot_contacts_sync",
      unique_id_col: "contact_id",
      object_type: "contacts",
      operation_mode: "upsert",
      match_property: "customer_number",
      column_mappings: [
        { destination_name: "score", snowflake_name: "score" },
        { destination_name: "tier", snowflake_name: "tier" },
      ],
      timings: SHORT_TIMINGS,
      ...overrides,
    }),
  };
}

export type SourceRow = readonly [id: string | null, score: string | null, tier: string | null];

/** What HubSpot is made to say about a change; `null` leaves it without any entry, as if it was never sent. */
export type Answer = (change: Change) => Outcome | null;

export const acknowledged: Answer = (change) => ({ kind: "acknowledged", hubspotId: `hubspot-${change.id}` });
export const rejected: Answer = () => ({
  kind: "rejected",
  code: "INVALID_OPTION",
  property: "tier",
  message: "no",
});
export const unknown: Answer = () => ({ kind: "unknown", code: "TIMEOUT" });

/** A migrated sync in a warehouse of its own, whose pushes are written by the test. */
export interface SyncFixture {
  /** Names the warehouse, so that another session of it can be opened. */
  readonly path: string;
  readonly warehouse: Warehouse;
  readonly sync: CompiledSync;
  /** Replaces the source's rows. */
  source(rows: readonly SourceRow[]): Promise<void>;
  /** Plans as `diff_insert` does. */
  plan(runId: string, params?: Partial<RunParams>): Promise<Plan>;
  /** Journals one batch with all changes of a plan as `answer` says; `ended: false` leaves out the attempt's end. */
  push(plan: Plan, answer: Answer, options?: { ended?: boolean }): Promise<readonly Change[]>;
  settle(plan: Plan): Promise<Settlement>;
  /** One whole run. */
  run(runId: string, answer?: Answer, params?: Partial<RunParams>): Promise<Settlement | Plan>;
  rows(sql: string): Promise<readonly Row[]>;
  state(): Promise<Record<string, unknown>>;
}

export async function syncFixture(overrides: Partial<SyncInput> = {}): Promise<SyncFixture> {
  const fixture = await openFixture(testEngine().emptyWarehouse(), contactsSync(overrides));
  await migrate(fixture.warehouse, fixture.sync);
  await fixture.warehouse.execute(
    "create table retl.hubspot_contacts (contact_id varchar, score integer, tier varchar, extra decimal(10, 2))",
  );
  return fixture;
}

/** Opens another session of the same warehouse, as a second copy of a step would. */
export async function openFixture(path: string, sync: CompiledSync): Promise<SyncFixture> {
  const warehouse = await testEngine().open(path);
  onTestFinished(() => warehouse.close());
  const session = new SyncSession(warehouse, sync);
  const lease = (plan: Plan) => ({ runId: plan.run_id, token: plan.token ?? "" });

  const fixture: SyncFixture = {
    path,
    warehouse,
    sync,
    async source(rows) {
      await warehouse.execute("delete from retl.hubspot_contacts");
      if (rows.length === 0) return;
      const fields = { id: "text", score: "text", tier: "text" } as const;
      const { from, field } = warehouse.dialect.unfold(warehouse.dialect.jsonFrom("?"), fields, "r");
      await warehouse.execute(
        `insert into retl.hubspot_contacts (contact_id, score, tier)
         select ${field.id}, cast(${field.score} as integer), ${field.tier} from ${from}`,
        [JSON.stringify(rows.map(([id, score, tier]) => ({ id, score, tier })))],
      );
    },
    plan: (runId, params = {}) =>
      planChanges(warehouse, sync, runId, { dry_run: false, resync: "changes", approve: null, ...params }),
    async push(plan, answer, { ended = true } = {}) {
      const batch = { number: 1, first_seq: 1, last_seq: plan.changes };
      const journal = await startAttempt(session, lease(plan), batch);
      const changes: Change[] = [];
      for await (const page of batchChanges(session, plan.run_id, batch, { perSecond: 2_000 }))
        changes.push(...page);
      const sent = changes.filter((change) => !journal.decided.has(change.seq));
      const results = sent.flatMap((change) => {
        const outcome = answer(change);
        return outcome === null ? [] : [{ seq: change.seq, outcome }];
      });
      if (results.length > 0) {
        const range = { firstSeq: results[0]?.seq ?? 0, lastSeq: results.at(-1)?.seq ?? 0 };
        await journal.append([
          { callNumber: 1, ...range, httpStatus: 200, sentAt: Date.now(), latencyMs: 20, results },
        ]);
      }
      if (ended) await journal.end();
      return sent;
    },
    settle: (plan) => settleRun(warehouse, sync, lease(plan), null),
    async run(runId, answer = acknowledged, params = {}) {
      const plan = await fixture.plan(runId, params);
      if (plan.status !== "planned") return plan;
      await fixture.push(plan, answer);
      return fixture.settle(plan);
    },
    rows: (sql) => warehouse.query(sql),
    async state() {
      const rows = await warehouse.query(
        "select * from retl.hubspot_contacts_sync_state order by contact_id",
      );
      return Object.fromEntries(
        rows.map((row) => [
          row.contact_id,
          {
            ...(JSON.parse(row.payload ?? "{}") as object),
            ...(row.in_doubt === "true" ? { in_doubt: true } : {}),
          },
        ]),
      );
    },
  };
  return fixture;
}
