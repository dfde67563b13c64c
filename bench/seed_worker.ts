import { openDuckdb } from "../local/duckdb_warehouse/duckdb_warehouse.ts";
import { createSeedTable, runSeed } from "./seed_sql.ts";
import { changeSource, createSource } from "./synthetic_source.ts";

// Runs in a process of its own: loads the history once, then times one increment for each number that it is sent.
const [path = "", rows = "0"] = process.argv.slice(2);
const warehouse = await openDuckdb(path);
await createSource(warehouse, Number(rows));
await createSeedTable(warehouse);
await runSeed(warehouse, 0);

process.on("message", async (run: number) => {
  await changeSource(warehouse, run);
  await warehouse.execute("checkpoint");
  const started = performance.now();
  await runSeed(warehouse, run);
  process.send?.((performance.now() - started) / 1000);
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
