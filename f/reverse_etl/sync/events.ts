import type { RunEvent } from "../../asset_graph/event.ts";
import type { WarehouseSession } from "../warehouse/warehouse.ts";
import { statement } from "./statement.ts";
import { tablesOfSchema } from "./tables.ts";

const EVENT_FIELDS = {
  run_id: "text",
  asset_key: "text",
  kind: "text",
  code_version: "text",
  data_version: "text",
  metadata: "json",
} as const;

/** Appends what happened to assets to `asset_events` of a schema; the time is the database's. */
export async function recordEvents(
  session: WarehouseSession,
  schema: string,
  events: readonly RunEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const { dialect } = session;
  const unfolded = dialect.unfold(dialect.jsonFrom("?"), EVENT_FIELDS, "event_row");
  const sql = statement("events_append", dialect, {
    ...tablesOfSchema(schema, dialect),
    records: unfolded.from,
    event: { ...unfolded.field },
  });
  await session.execute(sql, [JSON.stringify(events)]);
}
