import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { expect, test } from "vitest";
import type { HubSpotAssociations } from "../../f/reverse_etl/sync/association_port.ts";
import type { Bind, Warehouse, WarehouseSession } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { type AssociationFixture, associationFixture, type Link } from "../support/association_fixture.ts";

const PAIRS = 4_000;
const ARCHIVE_CALLS = 40;

/** A contact each, all of one company, or of none. */
const links = (firm: string | null): Link[] =>
  Array.from({ length: PAIRS }, (_, index) => [`p${index}`, firm] as const);

/** As many associations as PAIRS, acknowledged, that the source no longer says. */
async function owedRemovals(callsInFlight: number): Promise<AssociationFixture> {
  const world = await associationFixture({
    contacts: { guards: { max_removed_fraction: 1 }, rate: { calls_in_flight: callsInFlight } },
  });
  await world.links(links("f1"));
  await world.associate("one");
  await world.links(links(null));
  return world;
}

/** The warehouse with statements that take a moment, one at a time as in one session of Snowflake. */
function slowed(warehouse: Warehouse) {
  const told = { statements: 0 };
  const oneAtATime = pLimit(1);
  const slowly = async <T>(statement: () => Promise<T>): Promise<T> => {
    told.statements += 1;
    await sleep(30);
    return statement();
  };
  const within = ({ dialect, stream, query, execute }: WarehouseSession): WarehouseSession => ({
    dialect,
    stream,
    query: (sql, binds?: readonly Bind[]) => slowly(() => query(sql, binds)),
    execute: (sql, binds?: readonly Bind[]) => slowly(() => execute(sql, binds)),
  });
  const session: Warehouse = {
    ...warehouse,
    query: (sql, binds) => oneAtATime(() => slowly(() => warehouse.query(sql, binds))),
    execute: (sql, binds) => oneAtATime(() => slowly(() => warehouse.execute(sql, binds))),
    transaction: (work) => oneAtATime(() => warehouse.transaction((session) => work(within(session)))),
  };
  return { session, told };
}

test("what calls in flight have to write is written together, so that removals take fewer statements than calls", async () => {
  const world = await owedRemovals(16);
  const { session, told } = slowed(world.warehouse);
  expect(await world.associate("two", { session, allowedRemovals: PAIRS })).toMatchObject({ removed: PAIRS });
  expect(world.calls("archive")).toBe(ARCHIVE_CALLS);
  expect(world.held()).toEqual([]);
  expect(told.statements).toBeLessThan(2 * ARCHIVE_CALLS);
});

test.each([1, 3])(
  "no more than %i calls are in flight, also while associations are taken away",
  async (most) => {
    const world = await owedRemovals(most);
    let inFlight = 0;
    let seen = 0;
    const counted =
      <Request, Answer>(request: (request: Request) => Promise<Answer>) =>
      async (asked: Request) => {
        inFlight += 1;
        seen = Math.max(seen, inFlight);
        return request(asked).finally(() => {
          inFlight -= 1;
        });
      };
    const through = (port: HubSpotAssociations): HubSpotAssociations => ({
      ...port,
      read: counted(port.read),
      write: counted(port.write),
    });
    expect(await world.associate("two", { through, allowedRemovals: PAIRS })).toMatchObject({
      removed: PAIRS,
    });
    expect(seen).toBe(most);
  },
);
