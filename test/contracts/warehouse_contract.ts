import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../f/reverse_etl/sync/error.ts";
import type { Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";

/** What every warehouse must do; `open` gives another session of one and the same empty warehouse each time it is called. */
export function warehouseContract(name: string, opener: () => Promise<() => Promise<Warehouse>>): void {
  describe(`${name} keeps the warehouse contract`, () => {
    const opened = async () => {
      const open = await opener();
      const warehouse = await open();
      await warehouse.execute("create table notes (id varchar, amount decimal(38, 2))");
      return { open, warehouse };
    };

    it("every cell is text or null, and a number of 38 digits loses none", async () => {
      const { warehouse } = await opened();
      await warehouse.execute(
        "insert into notes values ('1', 123456789012345678901234567890123456.78), (null, null)",
      );
      expect(await warehouse.query("select id, amount as Amount from notes order by id nulls last")).toEqual([
        { id: "1", amount: "123456789012345678901234567890123456.78" },
        { id: null, amount: null },
      ]);
    });

    it("values are bound, so what looks like SQL stays text", async () => {
      const { warehouse } = await opened();
      const hostile = "'; drop table notes; --";
      await warehouse.execute("insert into notes (id) values (?)", [hostile]);
      expect(await warehouse.query("select id from notes where id = ?", [hostile])).toEqual([
        { id: hostile },
      ]);
    });

    it("execute answers the number of rows written", async () => {
      const { warehouse } = await opened();
      expect(await warehouse.execute("insert into notes (id) values ('1'), ('2'), ('3')")).toBe(3);
      expect(await warehouse.execute("update notes set amount = 1 where id > '1'")).toBe(2);
      expect(await warehouse.execute("delete from notes where id = 'none'")).toBe(0);
    });

    it("a transaction that throws leaves nothing", async () => {
      const { warehouse } = await opened();
      const failing = warehouse.transaction(async (session) => {
        await session.execute("insert into notes (id) values ('1')");
        throw new Error("stop");
      });
      await expect(failing).rejects.toThrow("stop");
      expect(await warehouse.query("select * from notes")).toEqual([]);
    });

    it("what a transaction wrote is seen by others only after its commit", async () => {
      const { open, warehouse } = await opened();
      const other = await open();
      await warehouse.transaction(async (session) => {
        await session.execute("insert into notes (id) values ('1')");
        expect(await other.query("select id from notes")).toEqual([]);
      });
      expect(await other.query("select id from notes")).toEqual([{ id: "1" }]);
      await other.close();
    });

    // The update comes first: no more than READ COMMITTED is promised, so what was read before it may be out of date.
    it("of two transactions that update one row both take effect, one after the other", async () => {
      const { open, warehouse } = await opened();
      const other = await open();
      await warehouse.execute("insert into notes values ('counter', 0)");
      const seen: unknown[] = [];
      const increment = (session: Warehouse) =>
        session.transaction(async (inside) => {
          await inside.execute("update notes set amount = amount + 1");
          return inside.query("select cast(amount as integer) as amount from notes");
        });
      const all = [warehouse, other, warehouse, other].map(async (session) => {
        seen.push((await increment(session))[0]?.amount);
      });
      await Promise.all(all);
      expect(seen.sort()).toEqual(["1", "2", "3", "4"]);
      await other.close();
    });

    it("statements of one session run one after another however they are asked for", async () => {
      const { warehouse } = await opened();
      await Promise.all(
        ["1", "2", "3"].map((id) => warehouse.execute("insert into notes (id) values (?)", [id])),
      );
      expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
    });

    it("an error has one of our codes and carries no bound value", async () => {
      const { warehouse } = await opened();
      const secret = "personal-value-4711";
      const error: unknown = await warehouse
        .query("select cast(? as integer) as n", [secret])
        .catch((caught: unknown) => caught);
      expect(Object.keys(ERROR_CODES)).toContain((error as { code: string }).code);
      expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain(secret);
    });
  });
}
