import { RetlError } from "../sync/error.ts";
import { openSnowflake } from "./snowflake_warehouse.ts";
import type { Warehouse } from "./warehouse.ts";

/** What a session says of itself to the warehouse, for its query history. */
export interface SessionTag {
  readonly run_id: string;
  readonly step: string;
}

export type OpenWarehouse = (
  resource: Readonly<Record<string, unknown>>,
  tag: SessionTag,
) => Promise<Warehouse>;

const openers = new Map<string, OpenWarehouse>([["snowflake", openSnowflake]]);

/** Adds a kind of warehouse; a runner on a developer's machine adds its embedded one. */
export function registerWarehouse(kind: string, open: OpenWarehouse): void {
  openers.set(kind, open);
}

/**
 * Opens the warehouse that a resource describes, by its `kind`; Windmill's `snowflake` resources have none and mean `snowflake`.
 * Throws `RETL_WAREHOUSE_KIND` for a kind that nobody registered.
 */
export async function openWarehouse(resource: unknown, tag: SessionTag): Promise<Warehouse> {
  const description =
    typeof resource === "object" && resource !== null ? (resource as Record<string, unknown>) : {};
  const kind = typeof description.kind === "string" ? description.kind : "snowflake";
  const open = openers.get(kind);
  if (open === undefined) {
    throw new RetlError("RETL_WAREHOUSE_KIND", {
      what: `The warehouse resource is of the kind "${kind}", which is not available here.`,
      state: "Nothing was read or written.",
      next: `Kinds available here: ${[...openers.keys()].join(", ") || "none"}.`,
    });
  }
  return open(description, tag);
}

/** Opens a warehouse for as long as `work` takes and closes it whatever happens. */
export async function withWarehouse<T>(
  resource: unknown,
  tag: SessionTag,
  work: (warehouse: Warehouse) => Promise<T>,
): Promise<T> {
  const warehouse = await openWarehouse(resource, tag);
  try {
    return await work(warehouse);
  } finally {
    await warehouse.close();
  }
}
