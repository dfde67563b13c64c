import { describe, expect, test } from "vitest";
import type { Change } from "../../f/reverse_etl/sync/change.ts";
import { batchChanges } from "../../f/reverse_etl/sync/changes.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { type SourceRow, type SyncFixture, syncFixture } from "../support/sync_fixture.ts";

/** The longest value that HubSpot keeps. */
const LONGEST = 65_536;

async function read(
  { warehouse, sync }: SyncFixture,
  runId: string,
  last: number,
  first = 1,
  perSecond = 2_000,
) {
  const given: Change[] = [];
  let [pages, most] = [0, 0];
  const session = new SyncSession(warehouse, sync);
  const batch = { number: 1, first_seq: first, last_seq: last };
  for await (const changes of batchChanges(session, runId, batch, {
    perSecond,
    pageRead: () => pages++,
  })) {
    given.push(...changes);
    most = Math.max(most, changes.length);
  }
  return { given, pages, most };
}

describe("the changes of a batch", () => {
  test("come in order and each once, whatever the number of pages", async () => {
    const fixture = await syncFixture();
    await fixture.source(Array.from({ length: 4_100 }, (_, index): SourceRow => [`${index}`, "1", "a"]));
    const plan = await fixture.plan("r1");
    const { given, pages, most } = await read(fixture, "r1", plan.changes);
    expect(given.map(({ seq }) => seq)).toEqual(Array.from({ length: 4_100 }, (_, index) => index + 1));
    expect(new Set(given.map(({ id }) => id)).size).toBe(4_100);
    // 500, 1,000, 2,000 and what is left.
    expect(pages).toBe(4);
    expect(most).toBeLessThanOrEqual(25);
  });

  test("are read as many at once as the push takes in two seconds, at least 500, the first time 200", async () => {
    const fixture = await syncFixture();
    await fixture.source(Array.from({ length: 2_000 }, (_, index): SourceRow => [`${index}`, "1", "a"]));
    const plan = await fixture.plan("r1");
    expect(await read(fixture, "r1", plan.changes, 1, 475)).toMatchObject({ pages: 3 });
    // 200, 400, 500, 500 and what is left.
    expect(await read(fixture, "r1", plan.changes, 1, 100)).toMatchObject({ pages: 5 });
  });

  test("come in shorter pages where they are as long as HubSpot permits", async () => {
    const fixture = await syncFixture();
    await fixture.source(
      Array.from({ length: 130 }, (_, index): SourceRow => [`${index}`, "1", "x".repeat(LONGEST)]),
    );
    const plan = await fixture.plan("r1");
    const { given, pages, most } = await read(fixture, "r1", plan.changes);
    expect(given.map(({ seq }) => seq)).toEqual(Array.from({ length: 130 }, (_, index) => index + 1));
    expect(most).toBeLessThan(10);
    expect(given.every(({ payload }) => payload.tier?.length === LONGEST)).toBe(true);
    // Payload and desired are 131,000 characters a row, and a page ends with the row that exceeds eight million.
    expect(pages).toBe(3);
  });

  test("are those of the batch and no others, wherever it begins", async () => {
    const fixture = await syncFixture();
    await fixture.source(Array.from({ length: 100 }, (_, index): SourceRow => [`${index}`, "1", "a"]));
    await fixture.plan("r1");
    for (const [first, last] of [
      [1, 29],
      [30, 77],
      [78, 78],
      [79, 100],
    ] as const) {
      const { given } = await read(fixture, "r1", last, first);
      expect(given.map(({ seq }) => seq)).toEqual(
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
    }
  });

  test.each([1, 500, 501, 4_000, 4_100])(
    "are refused before any further page when change %i is missing",
    async (missing) => {
      const fixture = await syncFixture();
      await fixture.source(Array.from({ length: 4_100 }, (_, index): SourceRow => [`${index}`, "1", "a"]));
      const plan = await fixture.plan("r1");
      await fixture.warehouse.execute(`delete from retl.hubspot_contacts_sync where seq = ${missing}`);
      await expect(read(fixture, "r1", plan.changes)).rejects.toMatchObject({ code: "RETL_COUNTS_DIFFER" });
    },
  );

  test("tell of removed rows, and of values that are left alone", async () => {
    const fixture = await syncFixture({
      operation_mode: "mirror",
      column_mappings: [
        { destination_name: "score", snowflake_name: "score" },
        { destination_name: "tier", snowflake_name: "tier", when_null: "keep" },
      ],
    });
    await fixture.source(Array.from({ length: 10 }, (_, index): SourceRow => [`${index}`, "1", "a"]));
    await fixture.run("r1");
    await fixture.source(
      Array.from(
        { length: 9 },
        (_, index): SourceRow => [`${index}`, index === 0 ? "2" : "1", index === 0 ? null : "a"],
      ),
    );
    const plan = await fixture.plan("r2");
    const { given } = await read(fixture, "r2", plan.changes);
    expect(new Map(given.map((change) => [change.id, change]))).toEqual(
      new Map([
        [
          "0",
          expect.objectContaining({
            operation: "update",
            payload: { score: "2" },
            desired: { score: "2", tier: "a" },
            kept: ["tier"],
          }),
        ],
        [
          "9",
          expect.objectContaining({
            operation: "archive",
            removed: true,
            known: true,
            hubspotId: "hubspot-9",
          }),
        ],
      ]),
    );
  });

  test("have what is to be sent and all that HubSpot should hold, as one where they are the same", async () => {
    const fixture = await syncFixture();
    await fixture.source([['quoted "\\ ü 🙂', "1", "a\nb"]]);
    await fixture.run("r1");
    await fixture.source([
      ['quoted "\\ ü 🙂', "2", "a\nb"],
      ["2", null, "c"],
    ]);
    const plan = await fixture.plan("r2");
    const { given } = await read(fixture, "r2", plan.changes);
    const byId = new Map(given.map((change) => [change.id, change]));
    expect(byId.get('quoted "\\ ü 🙂')).toMatchObject({
      ...{ operation: "update", hubspotId: 'hubspot-quoted "\\ ü 🙂', known: true, removed: false, kept: [] },
      payload: { score: "2" },
      desired: { score: "2", tier: "a\nb" },
    });
    expect(byId.get("2")).toMatchObject({
      ...{ operation: "create", hubspotId: null, known: false, removed: false },
      payload: { score: "", tier: "c" },
      desired: { score: "", tier: "c" },
    });
  });
});
