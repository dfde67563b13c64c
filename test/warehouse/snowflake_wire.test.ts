import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";
import { type WireFault, type WireRequest, wireTo } from "../support/snowflake_wire.ts";

const emulator = emulatorForThisFile();
const CANARY = "canary-password-4711";
const SESSION_GONE = {
  status: 401,
  body: { code: "390104", success: false, message: "session gone", data: null },
};

/** Opens a warehouse through a wire on which the first statement that `matches` meets the fault. */
async function onWire(matches: RegExp, fault: WireFault, times = 1) {
  let left = times;
  const wire = await wireTo(emulator.url(), ({ body }) => {
    if (left === 0 || !matches.test(body.sqlText ?? "")) return "pass";
    left--;
    return fault;
  });
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
    const locked = { data: { errorCode: "000625", sqlState: "57014" }, code: "000625", success: false };
    const { wire, warehouse } = await onWire(/^update/, { status: 200, body: locked });
    await warehouse.execute("update notes set id = '1'");
    expect(sent(wire.requests, /^update/)).toHaveLength(2);
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
      { timeout: 20_000 },
    );
    expect(await child).toEqual({ stdout: "RETL_WAREHOUSE_REFUSED\n", stderr: "" });
  });
});
