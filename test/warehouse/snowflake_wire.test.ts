import { execFile } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectSnowflake } from "../../f/reverse_etl/warehouse/snowflake_connection.ts";
import { parseSnowflakeResource } from "../../f/reverse_etl/warehouse/snowflake_resource.ts";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";
import { type WireFault, type WireRequest, wireTo } from "../support/snowflake_wire.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const emulator = emulatorForThisFile();
const CANARY = "canary-password-4711";
const SESSION_GONE = {
  status: 401,
  body: { code: "390104", success: false, message: "session gone", data: null },
};

const LOCKED = {
  status: 200,
  body: { data: { errorCode: "000625", sqlState: "57014" }, code: "000625", success: false },
};

/** The emulator does not know every session parameter. */
const DONE = {
  status: 200,
  body: { success: true, code: null, data: { rowtype: [], rowset: [], total: 0, returned: 0 } },
};

/** Opens a warehouse through a wire on which the first statements that `matches` meet the faults, one each. */
async function onWire(matches: RegExp, ...faults: WireFault[]) {
  const left = [...faults];
  const wire = await wireTo(emulator.url(), ({ body }) =>
    matches.test(body.sqlText ?? "") ? (left.shift() ?? "pass") : "pass",
  );
  const resource = { ...emulator.resource(newDatabase()), access_url: wire.url, password: CANARY };
  const warehouse = await openSnowflake(resource, { run_id: "run-1", step: "settle" });
  onTestFinished(() => warehouse.close());
  await warehouse.execute("create table notes (id varchar)");
  return { wire, warehouse };
}

const sent = (requests: readonly WireRequest[], matches: RegExp) =>
  requests.filter(({ body }) => matches.test(body.sqlText ?? ""));

async function failureOf(work: Promise<unknown>) {
  const error: unknown = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(JSON.stringify([error, String(error), (error as Error | null)?.stack])).not.toContain(CANARY);
  return error;
}

describe.skipIf(NO_EMULATOR !== null)(`what happens on the way to Snowflake${BECAUSE}`, () => {
  it("a write whose answer was lost is asked for again under its request id, and done once", async () => {
    const { wire, warehouse } = await onWire(/^insert/, "lose_answer");
    expect(await warehouse.execute("insert into notes values ('1')")).toBe(1);
    const inserts = sent(wire.requests, /^insert/);
    expect(inserts).toHaveLength(2);
    expect(new Set(inserts.map(({ requestId }) => requestId)).size).toBe(1);
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }]);
  });

  it("a commit whose answer was lost is asked for again, and the transaction is there once", async () => {
    const { warehouse } = await onWire(/^commit/, "lose_answer");
    await warehouse.transaction((session) => session.execute("insert into notes values ('1')"));
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }]);
  });

  it("a read is repeated while the service is unavailable", async () => {
    const { warehouse } = await onWire(/^select/, { status: 503, body: {} });
    expect(await warehouse.query("select id from notes")).toEqual([]);
  });

  it("a statement that finds its session gone runs in a new one", async () => {
    const { wire, warehouse } = await onWire(/^insert/, SESSION_GONE);
    expect(await warehouse.execute("insert into notes values ('1')")).toBe(1);
    expect(wire.requests.filter(({ path }) => path.endsWith("/login-request"))).toHaveLength(2);
  });

  it("a transaction that loses its session leaves nothing, is transient, and the next one works", async () => {
    const { warehouse } = await onWire(/^update/, SESSION_GONE);
    const lost = warehouse.transaction(async (session) => {
      await session.execute("insert into notes values ('1')");
      await session.execute("update notes set id = '2'");
    });
    expect(await failureOf(lost)).toMatchObject({ code: "RETL_WAREHOUSE_UNAVAILABLE" });
    expect(await warehouse.query("select id from notes")).toEqual([]);
    await warehouse.transaction((session) => session.execute("insert into notes values ('3')"));
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "3" }]);
  });

  it("a lock that another session keeps is a conflict, and the statement is tried again", async () => {
    const { wire, warehouse } = await onWire(/^update/, LOCKED);
    await warehouse.execute("update notes set id = '1'");
    expect(sent(wire.requests, /^update/)).toHaveLength(2);
  });

  it("a commit that is refused leaves no transaction open: the work runs again and is there once", async () => {
    const { wire, warehouse } = await onWire(/^commit/, LOCKED);
    await warehouse.transaction((session) => session.execute("insert into notes values ('1')"));
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }]);
    expect(sent(wire.requests, /^rollback/)).toHaveLength(1);
  });

  it("a write that was lost with its session is not done again, and nobody claims to know whether it was", async () => {
    const { wire, warehouse } = await onWire(/^insert/, "lose_answer", SESSION_GONE);
    const error = await failureOf(warehouse.execute("insert into notes values ('1')"));
    expect(error).toMatchObject({
      code: "RETL_WAREHOUSE_UNAVAILABLE",
      message: expect.stringContaining("Whether the statement was carried out is not known"),
    });
    expect(sent(wire.requests, /^insert/)).toHaveLength(2);
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }]);
  });

  it("a commit that was lost with its session is told as not known", async () => {
    const { warehouse } = await onWire(/^commit/, "lose_answer", SESSION_GONE);
    const lost = warehouse.transaction((session) => session.execute("insert into notes values ('1')"));
    expect(await failureOf(lost)).toMatchObject({
      code: "RETL_WAREHOUSE_UNAVAILABLE",
      message: expect.stringContaining("Whether the transaction was committed is not known"),
    });
    expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }]);
  });

  it("a statement of which Snowflake says nothing is given up, and its session is not used again", async () => {
    const wire = await wireTo(emulator.url(), ({ body }) =>
      /^update/.test(body.sqlText ?? "") ? "hang" : "pass",
    );
    const settings = parseSnowflakeResource({ ...emulator.resource(newDatabase()), access_url: wire.url });
    const tag = { run_id: "run-1", step: "settle" };
    const connection = await connectSnowflake(settings, tag, { firstWord: 300, end: 10_000 });
    onTestFinished(() => connection.close());
    await connection.write("create table notes (id varchar)", []);
    await expect(connection.write("update notes set id = '1'", [])).rejects.toMatchObject({ code: 401001 });
    expect(connection.isLost).toBe(true);
    const before = wire.requests.length;
    await expect(connection.read("select 1", [])).rejects.toMatchObject({ code: 401001 });
    expect(sent(wire.requests.slice(before), /select/)).toEqual([]);
  });

  it("a submitted statement goes on without its session, is asked for once, and gives its query id", async () => {
    const queryId = "01bf3f5a-010b-4d87-0000-53493abb7cce";
    const accepted = {
      status: 200,
      body: { success: true, code: "333334", data: { queryId, getResultUrl: `/queries/${queryId}/result` } },
    };
    const { wire, warehouse } = await onWire(
      /^(alter session set ABORT|execute dbt)/,
      DONE,
      { status: 503, body: {} },
      accepted,
    );
    expect(await warehouse.submit?.("execute dbt project p", 7_200)).toBe(queryId);
    const [limits] = sent(wire.requests, /^alter session set ABORT/);
    expect(limits?.body.sqlText).toBe(
      "alter session set ABORT_DETACHED_QUERY = false, STATEMENT_TIMEOUT_IN_SECONDS = 7200",
    );
    const started = sent(wire.requests, /^execute dbt/);
    expect(started.map(({ body }) => body.asyncExec)).toEqual([true, true]);
    expect(new Set(started.map(({ requestId }) => requestId)).size).toBe(1);
    expect(wire.requests.filter(({ path }) => path.endsWith("/result"))).toEqual([]);
  });

  it.each([
    ["390100", "RETL_WAREHOUSE_UNAUTHORIZED", /user name and credential/],
    ["390144", "RETL_WAREHOUSE_UNAUTHORIZED", /RSA_PUBLIC_KEY/],
    ["390318", "RETL_WAREHOUSE_UNAUTHORIZED", /OAuth token: it has expired/],
    ["390432", "RETL_WAREHOUSE_UNAUTHORIZED", /network policy/],
    ["390189", "RETL_WAREHOUSE_UNAUTHORIZED", /that its role is granted/],
  ])("a login that Snowflake refuses with %s is %s", async (code, ours, message) => {
    const refusal = { status: 200, body: { success: false, code, message: `said ${CANARY}`, data: {} } };
    const wire = await wireTo(emulator.url(), ({ path }) =>
      path.endsWith("/login-request") ? refusal : "pass",
    );
    const resource = { ...emulator.resource(newDatabase()), access_url: wire.url, password: CANARY };
    const error = await failureOf(openSnowflake(resource, { run_id: "run-1", step: "settle" }));
    expect(error).toMatchObject({ code: ours, message: expect.stringMatching(message) });
  });

  it.each([
    ["000604", "RETL_WAREHOUSE_UNAVAILABLE", /cancelled/],
    ["000630", "RETL_WAREHOUSE_UNAVAILABLE", /time limit/],
    ["003001", "RETL_WAREHOUSE_REFUSED", /grants\/snowflake\.sql/],
    ["000606", "RETL_WAREHOUSE_REFUSED", /USAGE/],
    ["002003", "RETL_NOT_MIGRATED", /migrate/],
    ["000904", "RETL_NOT_MIGRATED", /migrate flow/],
    ["100038", "RETL_WAREHOUSE_REFUSED", /query tag/],
  ])("a statement that Snowflake refuses with %s is %s", async (code, ours, message) => {
    const body = { success: false, code, message: "refused", data: { errorCode: code, sqlState: "00000" } };
    const { warehouse } = await onWire(/^select/, { status: 200, body });
    const error = await failureOf(warehouse.query("select id from notes"));
    expect(error).toMatchObject({ code: ours, message: expect.stringMatching(message) });
  });

  it("a table that does not exist is named, with what makes it", async () => {
    const { warehouse } = await onWire(/^never/, "pass");
    const error = await failureOf(warehouse.query("select * from nothing_here"));
    expect(error).toMatchObject({ code: "RETL_NOT_MIGRATED", details: { snowflake_code: "002003" } });
    expect(String(error)).toMatch(/NOTHING_HERE[\s\S]*migrate/i);
  });

  it("every statement carries a tag with the run and the step", async () => {
    const { wire } = await onWire(/^never/, "pass");
    const login = wire.requests.find(({ path }) => path.endsWith("/login-request"));
    const parameters = login?.body.data?.SESSION_PARAMETERS as { QUERY_TAG: string };
    expect(JSON.parse(parameters.QUERY_TAG)).toEqual({ app: "tailrace", run_id: "run-1", step: "settle" });
    expect(sent(wire.requests, /^alter session set .*TIMEZONE = 'UTC'/)).toHaveLength(1);
  });

  it("a login that is refused says what to check, and carries no secret", async () => {
    const refused = { data: null, code: "390100", message: `Incorrect password ${CANARY}`, success: false };
    const wire = await wireTo(emulator.url(), () => ({ status: 200, body: refused }));
    const resource = { ...emulator.resource(newDatabase()), access_url: wire.url, password: CANARY };
    const error = await failureOf(openSnowflake(resource, { run_id: "r", step: "s" }));
    expect(error).toMatchObject({ code: "RETL_WAREHOUSE_UNAUTHORIZED" });
  });

  it("the driver's own log, turned on from outside, has no password and no bound value", async () => {
    const folder = temporaryFolder();
    const config = join(folder, "sf_client_config.json");
    writeFileSync(config, JSON.stringify({ common: { log_level: "TRACE", log_path: folder } }));
    chmodSync(config, 0o600);
    const resource = { ...emulator.resource(newDatabase()), password: CANARY };
    const script = `
      import { openSnowflake } from ${JSON.stringify(join(import.meta.dirname, "../../f/reverse_etl/warehouse/snowflake_warehouse.ts"))};
      const warehouse = await openSnowflake(${JSON.stringify(resource)}, { run_id: "r", step: "s" });
      await warehouse.query("select ? as bound", ["personal-value-4711"]);
      await warehouse.close();
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--no-warnings", "--import", "tsx", "--input-type=module", "--eval", script],
      { timeout: 50_000, env: { ...process.env, SF_CLIENT_CONFIG_FILE: config } },
    );
    const logs = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    expect([stdout, stderr, ...logs].join()).not.toMatch(/canary-password|personal-value/);
  });

  it("a process that closes its session ends by itself, and the driver has written no log", async () => {
    const script = `
      import { openSnowflake } from ${JSON.stringify(join(import.meta.dirname, "../../f/reverse_etl/warehouse/snowflake_warehouse.ts"))};
      const warehouse = await openSnowflake(${JSON.stringify(emulator.resource(newDatabase()))}, { run_id: "r", step: "s" });
      await warehouse.query("select nothing_here").catch((error) => console.log(error.code));
      await warehouse.close();
    `;
    const child = promisify(execFile)(
      process.execPath,
      ["--no-warnings", "--import", "tsx", "--input-type=module", "--eval", script],
      { timeout: 50_000 },
    );
    expect(await child).toEqual({ stdout: "RETL_NOT_MIGRATED\n", stderr: "" });
  });
});
