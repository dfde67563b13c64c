import { expect, it } from "vitest";
import { TOKEN } from "../../support/flow_world.ts";
import { contacts, persons } from "../../support/people_sync.ts";
import { cliWorld } from "./cli_world.ts";

const SYNC = "hubspot/contacts";
const IRON = (index: number) => (index % 5 === 2 ? { tier: "iron" } : {});

interface History {
  readonly rows: readonly {
    readonly id: string;
    readonly standing: string;
    readonly history: readonly Readonly<Record<string, unknown>>[];
  }[];
}

it("errors counts refused rows by reason, lists them by source id, and never shows a value", async () => {
  const world = await cliWorld();
  await world.people([...persons(12, IRON), { id: null, note: "private" }]);
  await world.run();
  const { code, out } = await world.cli("errors", SYNC);
  expect(code).toBe(0);
  expect(out).toMatch(/hubspot\/contacts {2}3 rows rejected/);
  expect(out).toMatch(/INVALID_OPTION +tier +2 /);
  expect(out).toMatch(/p2 +INVALID_OPTION +tier +1 /);
  expect(out).toMatch(/\(no id\) +MISSING_ID/);
  expect(out).toContain("npx tailrace rows hubspot/contacts p");
  expect(out).not.toMatch(/iron|private/);
  expect(out).not.toContain("\u001b[");

  const one = await world.json<Record<string, unknown>>(
    "errors",
    SYNC,
    "--code",
    "INVALID_OPTION",
    "--limit",
    "1",
  );
  expect(one).toMatchObject({
    total: 2,
    left_out: 1,
    rows: [{ code: "INVALID_OPTION", property: "tier", attempts: 1 }],
  });
  expect((await world.cli("errors", SYNC, "--code", "INVALID_EMAIL")).out).toContain(
    "no row is rejected with INVALID_EMAIL",
  );
});

it("rows tells every attempt at a row in the order of time: what was planned, each call, and what HubSpot said", async () => {
  const world = await cliWorld();
  await world.people(persons(6));
  await world.run();
  await world.people(persons(6, IRON));
  await world.run();
  const { rows } = await world.json<History>("rows", SYNC, "p2", "p3");
  expect(rows.map(({ id, standing }) => `${id} ${standing}`)).toEqual(["p2 rejected", "p3 in_sync"]);
  expect(rows[0]?.history.filter(({ reason }) => reason !== "waiting")).toMatchObject([
    { kind: "planned", operation: "create", reason: "new", properties: ["note", "score", "tier"] },
    { kind: "call", http_status: 200, outcome: "acknowledged" },
    { kind: "planned", operation: "update", reason: "changed", properties: ["tier"] },
    { kind: "call", outcome: "rejected", code: "INVALID_OPTION", property: "tier" },
  ]);
  expect(rows[1]?.history.map(({ kind }) => kind)).toEqual(["planned", "call"]);

  const text = (await world.cli("rows", SYNC, "p2")).out;
  expect(text).toMatch(/p2 {2}rejected/);
  expect(text).toMatch(/; 1 try, next /);
  expect(text).not.toMatch(/iron|gold/);
  const values = (await world.cli("rows", SYNC, "p2", "--show-values")).out;
  expect(values).toMatch(/tier +iron +gold/);
  const json = (await world.cli("rows", SYNC, "p2", "--json")).out;
  expect(json).not.toMatch(/iron|gold/);
});

it("rows shows the calls of a batch that HubSpot refuses as a whole only where they had the row", async () => {
  const world = await cliWorld({ sync: contacts({ batch_size: 4 }) });
  const body = { status: "error", message: "Invalid input JSON", category: "VALIDATION_ERROR" };
  await world.fault({
    match: { path: "/batch/upsert", bodyContains: "poison" },
    times: "always",
    action: { reply: { status: 400, body } },
  });
  await world.people(persons(4, (index) => (index === 3 ? { note: "poison" } : {})));
  await world.run();
  const { rows } = await world.json<History>("rows", SYNC, "p0", "p3");
  const outcomes = rows.map(({ history }) =>
    history.filter(({ kind }) => kind === "call").map(({ outcome }) => outcome),
  );
  expect(outcomes[0]).toEqual(["acknowledged"]);
  expect(outcomes[1]?.at(-1)).toBe("rejected");
});

it("rows says where a row stands: to send, twice in the source, gone, in doubt, to send again, or unknown", async () => {
  const world = await cliWorld();
  await world.people(persons(5));
  await world.run();
  await world.sql("update retl.people_sync_state set in_doubt = true where person_id = 'p3'");
  await world.sql("update retl.people_sync_state set resync_requested_at = now() where person_id >= 'p3'");
  await world.people([
    ...persons(5, (index) => (index === 0 ? { score: 99 } : {})).filter(({ id }) => id !== "p2"),
    { id: "p1" },
  ]);
  const { code, out } = await world.cli("rows", SYNC, "p0", "p1", "p2", "p3", "p4", "p9");
  expect(code).toBe(1);
  expect(out).toMatch(/p0 {2}to send/);
  expect(out).toMatch(/p1 {2}refused: the id stands in several source rows/);
  expect(out).toMatch(/p2 {2}gone/);
  expect(out).toMatch(/p3 {2}in doubt/);
  expect(out).toMatch(/p4 {2}to send again: a resync asked for it/);
  expect(out).toMatch(/p9 {2}unknown/);
});

it("rows says of a row that is rejected and in doubt that it waits, as long as the next run skips it", async () => {
  const world = await cliWorld();
  await world.people(persons(4));
  await world.run();
  await world.people(persons(4, IRON));
  await world.run();
  await world.sql("update retl.people_sync_state set in_doubt = true where person_id = 'p2'");
  const standing = async () => (await world.json<History>("rows", SYNC, "p2")).rows[0]?.standing;
  expect(await standing()).toBe("rejected_in_doubt");
  expect((await world.cli("rows", SYNC, "p2")).out).toMatch(
    /p2 {2}rejected and in doubt: it waits for its next try/,
  );
  const before = await world.writeCalls();
  await world.run();
  expect(await world.writeCalls()).toBe(before);

  await world.sql("update retl.people_sync_rejections set next_try_at = '2000-01-01'");
  expect(await standing()).toBe("in_doubt");
  await world.run();
  expect(await world.writeCalls()).toBeGreaterThan(before);
});

it("rows says that a row is suppressed, before and after the run that purges it, and also without any trace of it", async () => {
  const world = await cliWorld({ sync: contacts({ suppressions: { table: "erased" } }) });
  await world.people(persons(3));
  await world.sql("create table retl.erased (person_id varchar)");
  await world.run();
  await world.sql("insert into retl.erased values (' p1'), ('p9')");
  for (const _ of ["before", "after"]) {
    const { code, out } = await world.cli("rows", SYNC, "p0", "p1", "p9", "--show-values");
    expect(code).toBe(0);
    expect(out).toMatch(/p0 {2}in sync/);
    expect(out).toMatch(/p1 {2}suppressed/);
    expect(out).toMatch(/p9 {2}suppressed/);
    await world.run();
  }
  const { out } = await world.cli("rows", SYNC, "p1");
  expect(out).toMatch(/not sent \(suppressed\)/);
  expect(out).toContain("nothing was acknowledged");
});

it("rows shows an attempt that was cut off, whose call nobody knows", async () => {
  const world = await cliWorld();
  await world.people(persons(1));
  await world.run();
  await world.sql("delete from retl.people_sync_journal where kind <> 'start'");
  const { rows } = await world.json<History>("rows", SYNC, "p0");
  expect(rows[0]?.history).toMatchObject([{ kind: "planned" }, { kind: "no_end", outcome: "unknown" }]);
});

it("no command prints the token that its resources hold", async () => {
  const world = await cliWorld();
  await world.people(persons(3, IRON));
  const outputs = [
    await world.cli("run", "people"),
    await world.cli("status"),
    await world.cli("errors", SYNC),
    await world.cli("rows", SYNC, "p2", "--json"),
    await world.cli("preflight", SYNC),
  ];
  for (const { out, err } of outputs) expect(out + err).not.toContain(TOKEN);
});
