import { runEvent, text } from "../../asset_graph/event.ts";
import type { WarehouseSession } from "../warehouse/warehouse.ts";
import { recordEvents } from "./events.ts";
import { statement } from "./statement.ts";
import { tablesOfSchema } from "./tables.ts";

/** Which step of which sync failed, without the message: a message may name rows. */
export interface RunFailure {
  readonly run_id: string;
  readonly asset_key: string;
  readonly code: string;
  readonly step: string;
}

/** R10: records that a run of a sync failed, once however often its steps fail. Answers whether this call recorded it. */
export async function recordRunFailure(
  session: WarehouseSession,
  schema: string,
  failure: RunFailure,
): Promise<boolean> {
  const sql = statement("run_failure", session.dialect, tablesOfSchema(schema, session.dialect));
  const hit = await session.execute(sql, [failure.code, failure.run_id, failure.asset_key]);
  if (hit !== 1) return false;
  const metadata = { code: text(failure.code), step: text(failure.step) };
  await recordEvents(session, schema, [runEvent(failure.run_id, failure.asset_key, "failed", { metadata })]);
  return true;
}
