import { openDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";

/** Keeps a database file open until it is killed, as a DuckDB shell would: `locking_process.ts <file>`. */
await openDuckdb(process.argv[2] ?? "");
process.stdout.write("open\n");
setInterval(() => undefined, 1_000);
