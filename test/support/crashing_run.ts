import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { main as sizeBatches } from "../../f/reverse_etl/batch_sizing.ts";
import { main as diffInsert } from "../../f/reverse_etl/diff_insert.ts";
import { main as hubspotPush } from "../../f/reverse_etl/hubspot_push.ts";
import { main as settle } from "../../f/reverse_etl/settle.ts";
import { registerWarehouse } from "../../f/reverse_etl/warehouse/open_warehouse.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { type FlowWorld, TOKEN } from "./flow_world.ts";
import { compiledPeople } from "./people_sync.ts";
import type { AtEnd } from "./temporary_folder.ts";

/**
 * A process that dies before its `at`-th effect, counted over warehouse and HubSpot: a commit, an entry of the journal, a write that
 * HubSpot applies. Nothing else leaves what a later run goes by, so that a death between two effects is one before the second; each
 * statement by itself is what warehouse_points.test.ts is about.
 */
class Life {
  readonly at: number;
  effects = 0;
  isOver = false;

  constructor(at: number) {
    this.at = at;
  }

  /** To be called before an effect. */
  effect(): void {
    if (!this.isOver) this.effects += 1;
    this.isOver ||= this.effects >= this.at;
    this.alive();
  }

  alive(): void {
    if (this.isOver) throw new Error(`the process died before effect ${this.at}`);
  }
}

/** Runs the steps of the flow one after another, as Windmill does, in a process that may die. */
export interface CrashingRuns {
  /** True when the run died, false when it came to its end before; throws what else it threw. `at` counts from 1. */
  diesBefore(at: number): Promise<boolean>;
  /** Runs to the end. */
  runs(): Promise<void>;
}

const LIFELONG = Number.POSITIVE_INFINITY;

export async function crashingRuns(world: FlowWorld, atEnd: AtEnd): Promise<CrashingRuns> {
  let life = new Life(LIFELONG);
  const base_url = await mortalHubspot(world.hubspot.url, () => life, atEnd);
  const hubspot = { token: TOKEN, base_url };
  const warehouse = { kind: `mortal_${world.warehousePath}`, path: world.warehousePath };
  registerWarehouse(warehouse.kind, async () =>
    mortalWarehouse(await openDuckdb(warehouse.path), () => life),
  );
  const sync = compiledPeople(world.sync);

  const run = async () => {
    // Whoever died is long gone, and the calls that it sent have ended: nothing has to be waited for.
    await world.sql(
      "update retl.people_sync_lease set expires_at = least(expires_at, now()) where holder is not null",
    );
    const runId = randomUUID();
    const plan = await diffInsert(warehouse, sync, runId, null, null, null, null, hubspot);
    if (plan.status !== "planned") return;
    await world.sql("update retl.people_sync_lease set not_before = null");
    const { batches } = await sizeBatches(warehouse, hubspot, sync, runId, plan as never);
    const reports: object[] = [];
    for (const batch of batches) {
      // The loop goes on after a batch that failed.
      const report = hubspotPush(warehouse, hubspot, sync, runId, plan.token ?? "", batch);
      reports.push(
        await report.catch((error: Error) => ({ error: { name: error.name, message: error.message } })),
      );
    }
    await settle(warehouse, sync, runId, plan.token ?? "", reports);
  };
  return {
    async diesBefore(at) {
      life = new Life(at);
      await run().catch((error: unknown) => {
        if (!life.isOver) throw error;
      });
      return life.isOver;
    },
    async runs() {
      life = new Life(LIFELONG);
      await run();
    },
  };
}

function mortalWarehouse(inner: Warehouse, life: () => Life): Warehouse {
  return {
    dialect: inner.dialect,
    async query(sql, binds) {
      life().alive();
      return inner.query(sql, binds);
    },
    async *stream(sql, binds) {
      life().alive();
      yield* inner.stream(sql, binds);
    },
    async execute(sql, binds) {
      if (/insert into \S+_journal"/i.test(sql)) life().effect();
      else life().alive();
      return inner.execute(sql, binds);
    },
    async transaction(work) {
      life().alive();
      return inner.transaction(async (session) => {
        const result = await work(session);
        life().effect();
        return result;
      });
    },
    close: () => inner.close(),
  };
}

/** Stands before the simulator. What a dead process would not send is refused at once, so that nothing waits for it. */
async function mortalHubspot(url: string, life: () => Life, atEnd: AtEnd): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "GET", url: path = "", headers } = request;
    const body = await buffer(request);
    try {
      if (/batch\/(create|update|upsert|archive)$/.test(path)) life().effect();
      else life().alive();
    } catch {
      response.writeHead(401).end();
      return;
    }
    const sent = { authorization: headers.authorization ?? "", "content-type": "application/json" };
    const answered = await fetch(`${url}${path}`, {
      method,
      headers: sent,
      ...(method === "GET" ? {} : { body: new Uint8Array(body) }),
    });
    const text = await answered.text();
    const wait = answered.headers.get("retry-after");
    response.writeHead(answered.status, {
      "content-type": "application/json",
      ...(wait === null ? {} : { "retry-after": wait }),
    });
    response.end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
