import { describe, expect, it } from "vitest";
import { withColumn } from "../support/mapped_column.ts";
import {
  type Answer,
  acknowledged,
  contactsSync,
  openFixture,
  rejected,
  type SourceRow,
  type SyncFixture,
  syncFixture,
} from "../support/sync_fixture.ts";

const LONGEST = 65_536;
const C0 = Array.from({ length: 0x20 }, (_, code) => String.fromCodePoint(code));
const LINE_TEXT = ["\t", "\n", "\r"];
const LISTED = `
  select contact_id, code, property, message, attempts, next_try_at
  from retl.hubspot_contacts_sync_rejections order by contact_id`;

async function listed(fixture: SyncFixture): Promise<readonly string[]> {
  return (await fixture.rows(LISTED)).map(({ contact_id, code, property }) =>
    [contact_id, code, property].join(" "),
  );
}

/** What a run sends of rows whose ids are their places and whose tiers are these. */
async function sentTiers(fixture: SyncFixture, tiers: readonly string[]): Promise<readonly string[]> {
  await fixture.source(tiers.map((tier, index) => [`${index}`, "1", tier]));
  const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
  return [...changes]
    .sort((a, b) => Number(a.id) - Number(b.id))
    .map(({ payload }) => payload.tier ?? "nothing");
}

describe("a text that HubSpot cannot hold", () => {
  it("is refused when it has a control character, any of them and NUL too, and the other rows are sent", async () => {
    const refused = C0.filter((character) => !LINE_TEXT.includes(character));
    const fixture = await syncFixture();
    await fixture.source([
      ...refused.map((character, index): SourceRow => [`r${index}`, "1", `canary${character}text`]),
      ["fine", "1", "gold"],
    ]);
    const plan = await fixture.plan("r1");
    expect(plan.counts).toMatchObject({ rows_read: 30, to_create: 1, refused: 29, skipped: 0 });
    expect(await listed(fixture)).toEqual(
      refused.map((_, index) => `r${index} CONTROL_CHARACTER tier`).sort(),
    );
    const [first] = await fixture.rows(LISTED);
    expect(first).toMatchObject({ attempts: "1", next_try_at: null });
    expect(first?.message).toBe("a control character other than tab and line break; the row was not sent");
    const stored = await fixture.rows(
      "select * from retl.hubspot_contacts_sync where operation = 'skip' or operation = 'plan'",
    );
    expect(stored).toHaveLength(30);
    expect(JSON.stringify(stored)).not.toContain("canary");
  });

  it("is sent as it is with tabs and line breaks, DEL and what is above, quotes and backslashes", async () => {
    const tiers = [
      "a\tb\r\nc\n",
      "a\u007fb",
      "a\u0085b\u009f",
      'say "gold"',
      "back\\slash \\u0000 \\b",
      "\u{1f600}\ufffd\ufdd0",
    ];
    expect(await sentTiers(await syncFixture(), tiers)).toEqual(tiers);
  });

  it("is refused when it has more characters than HubSpot keeps, counted by code points", async () => {
    const fixture = await syncFixture();
    const longest = ["x", "é", "\u{1f600}"].map((character) => character.repeat(LONGEST));
    expect(await sentTiers(fixture, [...longest, `${longest[0]}x`, `${longest[2]}x`])).toEqual(longest);
    expect(await listed(fixture)).toEqual([
      "3 PROPERTY_VALUE_TOO_LONG tier",
      "4 PROPERTY_VALUE_TOO_LONG tier",
    ]);
    expect((await fixture.rows(LISTED))[0]?.message).toBe("more than 65536 characters; the row was not sent");
  });

  it("is refused when it is an id, too, which is named before the mapped properties", async () => {
    const fixture = await syncFixture();
    const long = "7".repeat(LONGEST + 1);
    await fixture.source([
      ["1\u0001", "1", "a\u0000b"],
      [long, "1", "gold"],
      ["\u00002", "1", "gold"],
      ["\t3\n", "1", "gold"],
    ]);
    const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
    expect(changes.map(({ id }) => id)).toEqual(["3"]);
    expect(await listed(fixture)).toEqual([
      "\u00002 CONTROL_CHARACTER customer_number",
      "1\u0001 CONTROL_CHARACTER customer_number",
      `${long} PROPERTY_VALUE_TOO_LONG customer_number`,
    ]);
  });

  it("names the first of several properties in the order of their names", async () => {
    const fixture = await syncFixture({
      column_mappings: [
        { destination_name: "z", snowflake_name: "tier" },
        { destination_name: "a", snowflake_name: "score" },
        { destination_name: "b", snowflake_name: "note", when_null: "keep" },
      ],
    });
    await fixture.warehouse.execute("alter table retl.hubspot_contacts add column note varchar");
    await fixture.warehouse.execute(
      `insert into retl.hubspot_contacts (contact_id, score, tier, note) values
         ('1', 1, 'x' || chr(1), repeat('y', ${LONGEST + 1})), ('2', 2, 'x' || chr(2), null)`,
    );
    await fixture.plan("r1");
    expect(await listed(fixture)).toEqual(["1 PROPERTY_VALUE_TOO_LONG b", "2 CONTROL_CHARACTER z"]);
  });
});

describe("a value that has no text which HubSpot reads", () => {
  const FOREVER = "timestamp 'infinity'";
  it.each([
    ["date", "INVALID_DATE", ["date '0044-03-15 (BC)'", "date '0001-12-31 (BC)'", "date '10000-01-01'"]],
    ["date", "INVALID_DATE", [`cast(${FOREVER} as date)`, "cast(timestamp '-infinity' as date)"]],
    [
      "timestamp",
      "INVALID_DATE",
      ["timestamp '0044-03-15 (BC) 00:00:00'", "timestamp '10000-01-01 00:00:00'"],
    ],
    ["timestamp", "INVALID_DATE", [FOREVER, "timestamp '-infinity'"]],
    [
      "timestamptz",
      "INVALID_DATE",
      ["timestamptz '9999-12-31 23:59:59-01'", "timestamptz '0001-01-01 00:00:00+01'"],
    ],
    [
      "double",
      "INVALID_INTEGER",
      ["cast('NaN' as double)", "cast('inf' as double)", "cast('-inf' as double)"],
    ],
    ["double", "INVALID_INTEGER", ["1e300", "-1e300", "cast(1e20 as double)"]],
  ] as const)("is refused as a %s with %s: %j", async (type, code, values) => {
    const fixture = await withColumn(type);
    await fixture.warehouse.execute(
      `insert into retl.hubspot_contacts (contact_id, value) ${[...values, "null"].map((value, index) => `select '${index}', ${value}`).join(" union all ")}`,
    );
    expect(await fixture.plan("r1")).toMatchObject({ counts: { to_create: 1, refused: values.length } });
    expect(await listed(fixture)).toEqual(values.map((_, index) => `${index} ${code} value`));
    expect((await fixture.rows(LISTED))[0]?.message).toMatch(
      code === "INVALID_DATE" ? /^a date or time outside the years/ : /^no number, or one of more/,
    );
  });

  it.each([
    ["date", ["date '0001-01-01'", "date '9999-12-31'"], ["0001-01-01", "9999-12-31"]],
    [
      "timestamptz",
      ["timestamptz '9999-12-31 23:59:59.999+00'", "timestamptz '0001-01-01 00:00:00+00'"],
      ["9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z"],
    ],
    ["double", ["-9.9e19", "1e-300"], ["-99000000000000000000", "0"]],
  ] as const)("is not what stands at the edge, as a %s: %j", async (type, values, texts) => {
    const fixture = await withColumn(type);
    await fixture.warehouse.execute(
      `insert into retl.hubspot_contacts (contact_id, value) ${values.map((value, index) => `select '${index}', ${value}`).join(" union all ")}`,
    );
    const changes = await fixture.push(await fixture.plan("r1"), acknowledged);
    expect(changes.map(({ payload }) => payload.value)).toEqual(texts);
  });
});

describe("a row that is refused for a value", () => {
  it("keeps what HubSpot acknowledged, is listed as long as it is so, and is sent when it is corrected", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "11", "go\u0000ld"]]);
    for (const run of ["r2", "r3"]) {
      expect(await fixture.run(run)).toMatchObject({ status: "no_changes", counts: { refused: 1 } });
      expect(await fixture.state()).toEqual({ "1": { score: "10", tier: "gold" } });
    }
    expect(await fixture.rows(LISTED)).toMatchObject([{ contact_id: "1", attempts: "2" }]);
    await fixture.source([["1", "11", "gold"]]);
    const plan = await fixture.plan("r4");
    expect(await listed(fixture)).toEqual([]);
    const changes = await fixture.push(plan, acknowledged);
    expect(changes.map(({ payload }) => payload)).toEqual([{ score: "11" }]);
  });

  it("takes the place of what HubSpot said no to before", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "lead"]]);
    await fixture.run("r1", rejected);
    await fixture.source([["1", "10", "le\u0001ad"]]);
    await fixture.run("r2");
    expect(await listed(fixture)).toEqual(["1 CONTROL_CHARACTER tier"]);
    await fixture.source([["1", "10", "lead"]]);
    await fixture.run("r3", rejected);
    expect(await listed(fixture)).toEqual(["1 INVALID_OPTION tier"]);
  });

  it("stays listed when it was HubSpot that found it too long before", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "x".repeat(LONGEST + 1)]]);
    await fixture.run("r1");
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_rejections set next_try_at = '2000-01-01', attempts = 7",
    );
    await fixture.run("r2");
    expect(await fixture.rows(LISTED)).toMatchObject([
      { contact_id: "1", code: "PROPERTY_VALUE_TOO_LONG", next_try_at: null, attempts: "1" },
    ]);
  });

  it("is looked at in a resync, and only where it would be sent", async () => {
    const fixture = await syncFixture({ operation_mode: "create", on_changed: "leave" });
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "10", "go\u0000ld"]]);
    expect(await fixture.run("r2")).toMatchObject({ counts: { refused: 0, skipped: 1 } });
    const updating = await openFixture(fixture.path, contactsSync({ operation_mode: "create" }));
    expect(await updating.run("r3", acknowledged, { resync: "all" })).toMatchObject({
      counts: { refused: 1 },
    });
  });

  it("counts as changed in no row that is refused, whether it is in doubt or not", async () => {
    const fixture = await syncFixture({
      guards: { max_removed_fraction: 1, max_changed_fraction: 0, floor_rows: 0 },
    });
    await fixture.source([
      ["1", "10", "gold"],
      ["2", "10", "gold"],
    ]);
    await fixture.run("r1");
    await fixture.warehouse.execute(
      "update retl.hubspot_contacts_sync_state set in_doubt = true where contact_id = '1'",
    );
    await fixture.source([
      ["1", "10", "go\u0000ld"],
      ["2", "10", "go\u0000ld"],
    ]);
    expect(await fixture.plan("r2")).toMatchObject({ status: "no_changes", counts: { refused: 2 } });
  });

  it("is refused in a row that is in doubt, which stays in doubt", async () => {
    const fixture = await syncFixture();
    await fixture.source([["1", "10", "gold"]]);
    await fixture.run("r1");
    await fixture.source([["1", "11", "gold"]]);
    await fixture.run("r2", () => ({ kind: "unknown", code: "TIMEOUT" }));
    await fixture.source([["1", "11", "go\u0000ld"]]);
    expect(await fixture.run("r3")).toMatchObject({ counts: { refused: 1, to_update: 0 } });
    expect(await fixture.state()).toEqual({ "1": { score: "10", tier: "gold", in_doubt: true } });
  });

  it("is not refused for its id where ids are record ids of HubSpot", async () => {
    const byRecordId = await syncFixture({ operation_mode: "update", match_property: undefined });
    await byRecordId.source([["1\u0001", "1", "gold"]]);
    expect(await byRecordId.plan("r1")).toMatchObject({ changes: 1, counts: { refused: 0 } });
  });
});

describe("a value that HubSpot itself finds too long", () => {
  const tooLong: Answer = () => ({
    kind: "rejected",
    code: "PROPERTY_VALUE_TOO_LONG",
    property: "tier",
    message: "no",
  });

  it("is HubSpot's refusal: it waits for its next try, and the plan's bookkeeping leaves it alone", async () => {
    const fixture = await syncFixture();
    await fixture.source([
      ["1", "10", "gold"],
      [null, "1", "x"],
    ]);
    await fixture.run("r1", tooLong);
    expect(await fixture.run("r2")).toMatchObject({ counts: { skipped: 1, refused: 1 } });
    const [row] = await fixture.rows(`${LISTED} nulls last`);
    expect(row).toMatchObject({ contact_id: "1", code: "PROPERTY_VALUE_TOO_LONG", attempts: "1" });
    expect(row?.next_try_at).not.toBeNull();
    await fixture.run("r3", tooLong, { resync: "rejected" });
    expect((await fixture.rows(`${LISTED} nulls last`))[0]).toMatchObject({ attempts: "2" });
    await fixture.run("r4", acknowledged, { resync: "rejected" });
    expect(await listed(fixture)).toEqual([" MISSING_ID "]);
  });
});
