import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlanAnswer } from "../../f/reverse_etl/report/plan_rendering.ts";
import { settlementOf } from "../../f/reverse_etl/report/settlement_report.ts";
import { type FlowWorld, flowWorld } from "../support/flow_world.ts";
import { differences, silentDifferences, unbalancedRuns } from "../support/oracle.ts";
import { contacts, persons } from "../support/people_sync.ts";
import { partsOf, tableWith } from "../support/rendered.ts";

const LISTED =
  "select person_id, code, property, message, next_try_at from retl.people_sync_rejections order by person_id";
const ASTRAL = "\u{1f600}";

/** Every kind of text: any code point, what JSON and SQL escape, control characters, and lengths around HubSpot's limit. */
const text = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  {
    weight: 4,
    arbitrary: fc.string({
      unit: fc.constantFrom(
        "\0",
        "\x1f",
        "\x07",
        "\x7f",
        "\x85",
        "\t",
        "\n",
        "\\",
        '"',
        "'",
        ";",
        "\\u0000",
        "é",
        "a",
        " ",
      ),
      maxLength: 6,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("x", "é", ASTRAL), fc.integer({ min: -1, max: 1 }))
      .map(([unit, over]) => unit.repeat(65_536 + over)),
  },
);

async function listedOf(world: FlowWorld): Promise<ReadonlyMap<string, string>> {
  const rows = await world.sql(LISTED);
  return new Map(
    rows.map(({ person_id, code, property, next_try_at }) => [
      person_id ?? "",
      `${code} ${property}${next_try_at === null ? "" : " of HubSpot's"}`,
    ]),
  );
}

/** What must become of a note; HubSpot's simulator counts the characters of a text as UTF-16 does. */
function fateOf(note: string): string | null {
  if ([...note].some((character) => character < " " && !"\t\n\r".includes(character)))
    return "CONTROL_CHARACTER note";
  if ([...note].length > 65_536) return "PROPERTY_VALUE_TOO_LONG note";
  return note.trim().length > 65_536 ? "PROPERTY_VALUE_TOO_LONG note of HubSpot's" : null;
}

describe.concurrent("values that HubSpot cannot hold", () => {
  it("of texts of every kind each arrives as it is or is listed with its reason, and none is lost", async ({
    onTestFinished,
  }) => {
    const sync = contacts({
      guards: { max_removed_fraction: 1, max_changed_fraction: 1, floor_rows: 1_000 },
    });
    const world = await flowWorld({ sync }, onTestFinished);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 40 }), async (notes) => {
        await world.people(notes.map((note, index) => ({ id: `p${index}`, note })));
        expect((await world.runWhenFree({ args: { resync: "rejected" } })).success).toBe(true);
        const listed = await listedOf(world);
        const held = await world.held();
        notes.forEach((note, index) => {
          const fate = fateOf(note);
          expect(listed.get(`p${index}`) ?? null, JSON.stringify(note.slice(0, 20))).toBe(fate);
          if (fate === null) expect(held[`p${index}`]?.note ?? "").toBe(note.trim());
        });
        expect([...listed.keys()].filter((id) => Number(id.slice(1)) >= notes.length)).toEqual([]);
        expect(await silentDifferences(world)).toEqual([]);
        expect(await unbalancedRuns(world)).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });

  it("are in no call, hold up no other row, and go out when they are corrected", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(6));
    await world.run();
    const spoiled = (index: number) =>
      index === 2 ? { note: "canary\u0000", score: 99 } : { note: `n${index}` };
    await world.people(persons(6, spoiled));
    expect(settlementOf((await world.run()).result)).toMatchObject({
      outcomes: { acknowledged: 5, rejected: 0 },
    });
    expect(await world.sql(LISTED)).toMatchObject([
      { person_id: "p2", code: "CONTROL_CHARACTER", property: "note", next_try_at: null },
    ]);
    expect(JSON.stringify(await world.sql(LISTED))).not.toContain("canary");
    expect((await world.held()).p2).toEqual({ score: "2", tier: "gold" });
    expect(await differences(world, { except: ["p2"] })).toEqual([]);
    await world.people(persons(6, (index) => ({ ...spoiled(index), note: "right" })));
    await world.run();
    expect(await world.sql(LISTED)).toEqual([]);
    expect(await differences(world)).toEqual([]);
  });

  it("are shown by a dry run, by code and property and without the values", async ({ onTestFinished }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people([
      ...persons(5, (index) => (index < 2 ? { note: "canary\u0007" } : {})),
      { id: "p9", note: "canary".repeat(11_000) },
      { id: null },
    ]);
    const { success, result } = await world.run({ args: { dry_run: true, show_values: true } });
    expect(success).toBe(true);
    const refusals = [
      { code: "CONTROL_CHARACTER", property: "note", rows: 2 },
      { code: "MISSING_ID", property: null, rows: 1 },
      { code: "PROPERTY_VALUE_TOO_LONG", property: "note", rows: 1 },
    ];
    const answer = partsOf(result).at(-1) as PlanAnswer;
    expect(answer).toMatchObject({ changes: 3, counts: { refused: 4 }, refusals });
    expect(tableWith(result, "refused rows")).toEqual(
      refusals.map(({ code, property, rows }) => ({ "refused rows": rows, code, property: property ?? "" })),
    );
    expect(JSON.stringify(result)).not.toContain("canary");
    expect(await world.sql(LISTED)).toEqual([]);
  });

  it("that HubSpot alone finds too long are refused by HubSpot and listed with its code, and their neighbours go through", async ({
    onTestFinished,
  }) => {
    const world = await flowWorld({}, onTestFinished);
    await world.people(persons(4, (index) => (index === 1 ? { note: ASTRAL.repeat(40_000) } : {})));
    expect(settlementOf((await world.run()).result)).toMatchObject({
      outcomes: { acknowledged: 3, rejected: 1 },
    });
    const [row] = await world.sql(LISTED);
    expect(row).toMatchObject({ person_id: "p1", code: "PROPERTY_VALUE_TOO_LONG", property: "note" });
    expect(row?.message).not.toContain(ASTRAL);
    expect(row?.next_try_at).not.toBeNull();
  });
});
