import { expect, it } from "vitest";
import { keepDefinitionsSeen, readDefinitionsSeen } from "../../f/reverse_etl/sync/definitions_seen.ts";
import { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";
import { rejected, syncFixture } from "../support/sync_fixture.ts";

it("a step that dies while it keeps other definitions leaves no rejection waiting that they could end", async () => {
  const fixture = await syncFixture();
  await fixture.source([["1", "1", "a"]]);
  await fixture.run("r1", rejected);
  const session = new SyncSession(fixture.warehouse, fixture.sync);
  await keepDefinitionsSeen(session, "r1", "before");
  let writes = 0;
  const dying = new Proxy(fixture.warehouse, {
    get(warehouse, name) {
      const value: unknown = Reflect.get(warehouse, name);
      if (name !== "execute") return typeof value === "function" ? value.bind(warehouse) : value;
      return (...statement: Parameters<Warehouse["execute"]>) => {
        writes += 1;
        if (writes > 1) throw new Error("the process died");
        return warehouse.execute(...statement);
      };
    },
  });
  await expect(keepDefinitionsSeen(new SyncSession(dying, fixture.sync), "r1", "after")).rejects.toThrow(
    "the process died",
  );
  const { fingerprint, waiting } = await readDefinitionsSeen(session);
  expect(fingerprint === "before" || waiting === 0).toBe(true);
  await keepDefinitionsSeen(session, "r1", "after");
  expect(await readDefinitionsSeen(session)).toEqual({ fingerprint: "after", waiting: 0 });
});
