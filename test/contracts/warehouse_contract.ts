import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../f/reverse_etl/sync/error.ts";
import type { Row, Warehouse } from "../../f/reverse_etl/warehouse/warehouse.ts";

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

    it("a statement that comes after the end is refused, and opens no session again", async () => {
      const { open } = await opened();
      const other = await open();
      await other.close();
      await expect(other.query("select 1 as one")).rejects.toThrow("closed");
      await expect(other.transaction(async () => undefined)).rejects.toThrow("closed");
    });

    it("the end waits for the statements that were asked for before it", async () => {
      const { open, warehouse } = await opened();
      const other = await open();
      const asked = ["1", "2", "3"].map((id) => other.execute("insert into notes (id) values (?)", [id]));
      await other.close();
      await Promise.all(asked);
      expect(await warehouse.query("select id from notes order by id")).toHaveLength(3);
    });

    it("statements of one session run one after another however they are asked for", async () => {
      const { warehouse } = await opened();
      await Promise.all(
        ["1", "2", "3"].map((id) => warehouse.execute("insert into notes (id) values (?)", [id])),
      );
      expect(await warehouse.query("select id from notes")).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
    });

    describe("a stream", () => {
      /** More than one vector of DuckDB (2,048 rows), so that it is not handed out at once. */
      const ROWS = 5_000;
      const numbered = async () => {
        const { open, warehouse } = await opened();
        const { dialect } = warehouse;
        const { from, field } = dialect.unfold(dialect.jsonFrom("?"), { id: "text", amount: "text" }, "r");
        const rows = Array.from({ length: ROWS }, (_, index) => ({
          id: `n${String(index).padStart(5, "0")}`,
          amount: index % 3 === 0 ? null : `${index}.50`,
        }));
        await warehouse.execute(
          `insert into notes select ${field.id}, cast(${field.amount} as decimal(38, 2)) from ${from}`,
          [JSON.stringify(rows)],
        );
        return { open, warehouse, rows };
      };
      const BACKWARDS = "select id, cast(amount as varchar) as amount from notes order by id desc";

      it("gives every row once, in the statement's order, in the shape that query gives it", async () => {
        const { warehouse, rows } = await numbered();
        const streamed: Row[] = [];
        for await (const row of warehouse.stream(BACKWARDS)) streamed.push(row);
        expect(streamed).toEqual(rows.toReversed());
        expect(streamed).toEqual(await warehouse.query(BACKWARDS));
      });

      it("binds its values, and may be empty", async () => {
        const { warehouse } = await numbered();
        const streamed: Row[] = [];
        const sql = "select id from notes where id = ?";
        for await (const row of warehouse.stream(sql, ["n00007"])) streamed.push(row);
        for await (const row of warehouse.stream(sql, ["'; drop table notes; --"])) streamed.push(row);
        expect(streamed).toEqual([{ id: "n00007" }]);
      });

      it("that its reader leaves gives the session back", async () => {
        const { warehouse } = await numbered();
        for await (const row of warehouse.stream(BACKWARDS)) {
          expect(row.id).toBe("n04999");
          break;
        }
        const failing = (async () => {
          for await (const _ of warehouse.stream(BACKWARDS)) throw new Error("the reader failed");
        })();
        await expect(failing).rejects.toThrow("the reader failed");
        expect(await warehouse.query("select count(*) as n from notes")).toEqual([{ n: `${ROWS}` }]);
      });

      it("that is open refuses every other statement, which could only wait for its own reader", async () => {
        const { warehouse } = await numbered();
        for await (const _ of warehouse.stream(BACKWARDS)) {
          await expect(warehouse.execute("delete from notes")).rejects.toThrow("being streamed");
          await expect(warehouse.transaction(async () => undefined)).rejects.toThrow("being streamed");
          break;
        }
        expect(await warehouse.query("select count(*) as n from notes")).toEqual([{ n: `${ROWS}` }]);
      });

      it("waits for the statements that were asked for before it", async () => {
        const { warehouse } = await opened();
        const written = warehouse.execute("insert into notes (id) values ('1')");
        const streamed: Row[] = [];
        for await (const row of warehouse.stream("select id from notes")) streamed.push(row);
        await written;
        expect(streamed).toEqual([{ id: "1" }]);
      });

      it("of a transaction sees what the transaction wrote", async () => {
        const { warehouse } = await opened();
        const streamed: Row[] = [];
        await warehouse.transaction(async (session) => {
          await session.execute("insert into notes (id) values ('1')");
          for await (const row of session.stream("select id from notes")) streamed.push(row);
          await session.execute("delete from notes");
        });
        expect(streamed).toEqual([{ id: "1" }]);
      });

      it("that fails throws one of our codes without the values, and the session goes on", async () => {
        const { warehouse, rows } = await numbered();
        await warehouse.execute("insert into notes (id) values ('not-a-number')");
        const sql = `select cast(replace(id, 'n0', '') as integer) as n from notes order by notes.id desc`;
        const read = async () => {
          for await (const _ of warehouse.stream(sql));
        };
        const error: unknown = await read().catch((caught: unknown) => caught);
        expect(error).toMatchObject({ code: "RETL_WAREHOUSE_REFUSED" });
        expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain("not-a-number");
        expect(await warehouse.query("select count(*) as n from notes")).toEqual([
          { n: `${rows.length + 1}` },
        ]);
      });
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
