import { RetlError } from "../../f/reverse_etl/sync/error.ts";

/** How DuckDB says that a table, or a column of one, is not there. */
const MISSING = /^Catalog Error: Table with name \S+ does not exist|^Binder Error: .*\b(column|table)\b/i;

/**
 * Turns what DuckDB throws into one of our errors. Messages about data (conversions, constraints) quote values, so of those only
 * the kind is kept; messages about the statement itself name tables and columns and are kept.
 */
export function duckdbError(error: unknown): RetlError {
  if (error instanceof RetlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [firstLine = "unknown error"] = message
    .replace(/^Failed to (extract|prepare) statements?: /, "")
    .split("\n");
  if (/conflict/i.test(message) && /transaction/i.test(message)) {
    return new RetlError("RETL_WAREHOUSE_CONFLICT", {
      what: "Another session wrote to the same rows at the same time.",
      state: "Nothing of this statement or transaction remains.",
      next: "Run it again.",
    });
  }
  if (/could not set lock on file/i.test(message)) {
    return new RetlError("RETL_WAREHOUSE_LOCKED", {
      what: "The DuckDB file is open in another process.",
      state: "Nothing was read or written.",
      next: "Close the other process (a DuckDB shell, dbt, another run) and run again.",
      details: { holder: /PID (\d+)/.exec(message)?.[1] ?? null },
    });
  }
  if (/^(Catalog|Binder|Parser) Error/.test(firstLine)) {
    const isMissing = MISSING.test(firstLine);
    return new RetlError(isMissing ? "RETL_NOT_MIGRATED" : "RETL_WAREHOUSE_REFUSED", {
      what: `DuckDB refused a statement: ${firstLine}`,
      state: "Nothing of this statement or transaction remains.",
      next: isMissing
        ? "Run the migrate step of the job, which adds what is missing, or build the source table."
        : "Correct the configuration or the table it names.",
    });
  }
  const [kind = "Error"] = firstLine.split(":");
  return new RetlError(
    /^IO Error/.test(firstLine) ? "RETL_WAREHOUSE_UNAVAILABLE" : "RETL_WAREHOUSE_REFUSED",
    {
      what: `DuckDB refused a statement: ${kind}.`,
      state: "Nothing of this statement or transaction remains.",
      next: "Look at the source table's types and the disk; the values are not shown here because they may be personal.",
    },
  );
}
