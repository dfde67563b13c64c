import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSnowflake } from "../../f/reverse_etl/warehouse/snowflake_warehouse.ts";
import { BECAUSE, emulatorForThisFile, NO_EMULATOR, newDatabase } from "../support/snowflake_lane.ts";
import { type WireAnswer, wireTo } from "../support/snowflake_wire.ts";

const emulator = emulatorForThisFile();
const CHUNK_ROWS = 100;
const CHUNKS = 40;
/** The chunk that is read, the two that the driver loads ahead of it, and the first, which comes with the answer. */
const MOST_AT_A_TIME = 4;

/** Snowflake's way with large results: the first rows in the answer, the others as chunks in cloud storage. */
async function cloudStorage(refuse: (chunk: number) => boolean = () => false) {
  const chunks: (readonly unknown[])[] = [];
  const loaded: number[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunk = Number(incoming.url?.slice(1));
    loaded.push(chunk);
    if (refuse(chunk)) return outgoing.writeHead(404).end();
    const text = JSON.stringify(chunks[chunk]).slice(1, -1);
    return outgoing.writeHead(200, { "content-type": "binary/octet-stream" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = (chunk: number) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${chunk}`;
  const cut = (answer: WireAnswer): object => {
    const { rowset } = answer.data;
    chunks.length = 0;
    for (let first = 0; first < rowset.length; first += CHUNK_ROWS) {
      chunks.push(rowset.slice(first, first + CHUNK_ROWS));
    }
    const stored = chunks.slice(1).map((rows, index) => ({ url: url(index + 1), rowCount: rows.length }));
    return { ...answer, data: { ...answer.data, rowset: chunks[0], chunks: stored } };
  };
  return { loaded, cut };
}

async function withLargeResult(refuse?: (chunk: number) => boolean) {
  const storage = await cloudStorage(refuse);
  const wire = await wireTo(emulator.url(), ({ body }) =>
    /^select n/.test(body.sqlText ?? "") ? storage.cut : "pass",
  );
  const resource = { ...emulator.resource(newDatabase()), access_url: wire.url };
  const warehouse = await openSnowflake(resource, { run_id: "run-1", step: "test" });
  onTestFinished(() => warehouse.close());
  await warehouse.execute("create table numbers (n varchar)");
  const numbers = Array.from({ length: CHUNK_ROWS * CHUNKS }, (_, n) => n);
  const insert =
    "insert into numbers select cast(f.value as varchar) from table(flatten(input => parse_json(?))) as f";
  await warehouse.execute(insert, [JSON.stringify(numbers)]);
  const sql = `select n, iff(cast(n as integer) % 7 = 0, null, n) as sparse from numbers order by cast(n as integer)`;
  const expected = numbers.map((n) => ({ n: `${n}`, sparse: n % 7 === 0 ? null : `${n}` }));
  const asked = () => wire.requests.filter(({ body }) => /^select n/.test(body.sqlText ?? ""));
  return { storage, warehouse, sql, expected, asked };
}

describe.skipIf(NO_EMULATOR !== null)(`a large result of Snowflake${BECAUSE}`, () => {
  it("is streamed chunk by chunk, and no more chunks are loaded than the reader comes near to", async () => {
    const { storage, warehouse, sql, expected } = await withLargeResult();
    const rows: unknown[] = [];
    let mostAhead = 0;
    for await (const row of warehouse.stream(sql)) {
      const reading = Math.floor(rows.length / CHUNK_ROWS);
      mostAhead = Math.max(mostAhead, Math.max(0, ...storage.loaded) - reading);
      rows.push(row);
      // A reader that takes its time: what the driver can load ahead, it has loaded.
      if (rows.length % CHUNK_ROWS === 50) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(rows).toEqual(expected);
    expect(mostAhead).toBeLessThan(MOST_AT_A_TIME);
    expect(storage.loaded).toEqual(Array.from({ length: CHUNKS - 1 }, (_, index) => index + 1));
  });

  it("is not loaded further once its reader has left", async () => {
    const { storage, warehouse, sql } = await withLargeResult();
    for await (const row of warehouse.stream(sql)) if (row.n === "150") break;
    expect(await warehouse.query("select 1 as one")).toEqual([{ one: "1" }]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(storage.loaded.length).toBeLessThanOrEqual(MOST_AT_A_TIME);
  });

  it("of which a part cannot be read is asked for again under its request id and goes on after the last row", async () => {
    let refusals = 1;
    const { warehouse, sql, expected, asked } = await withLargeResult(
      (chunk) => chunk === 20 && refusals-- > 0,
    );
    const rows: unknown[] = [];
    for await (const row of warehouse.stream(sql)) rows.push(row);
    expect(rows).toEqual(expected);
    expect(asked()).toHaveLength(2);
    expect(new Set(asked().map(({ requestId }) => requestId)).size).toBe(1);
  });

  it("of which a part is lost for good fails as transient in the middle, and the session goes on", async () => {
    const { warehouse, sql, expected, asked } = await withLargeResult((chunk) => chunk === 20);
    const rows: unknown[] = [];
    const read = async () => {
      for await (const row of warehouse.stream(sql)) rows.push(row);
    };
    await expect(read()).rejects.toMatchObject({ code: "RETL_WAREHOUSE_UNAVAILABLE" });
    expect(rows).toEqual(expected.slice(0, 20 * CHUNK_ROWS));
    expect(asked()).toHaveLength(3);
    await expect(warehouse.query(sql)).rejects.toMatchObject({ code: "RETL_WAREHOUSE_UNAVAILABLE" });
    expect(await warehouse.query("select 1 as one")).toEqual([{ one: "1" }]);
  });
});
