import { runEvent, text } from "../../asset_graph/event.ts";
import type { WarehouseSession } from "../warehouse/warehouse.ts";
import { recordEvents } from "./events.ts";
import { statement } from "./statement.ts";
import { countOf } from "./sync_session.ts";
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
  const { run_id, asset_key, code } = failure;
  const tables = tablesOfSchema(schema, session.dialect);
  const hit = await session.execute(statement("run_failure", session.dialect, tables), [
    code,
    run_id,
    asset_key,
  ]);
  if (hit !== 1) {
    // A run that could not even begin (busy, a source without a mapped column) has no row, and its failure step runs once.
    const known = statement("run_failure_known", session.dialect, tables);
    const [found] = await session.query(known, [run_id, asset_key, run_id, asset_key]);
    if (countOf(found, "known") > 0) return false;
  }
  const metadata = { code: text(code), step: text(failure.step) };
  await recordEvents(session, schema, [runEvent(run_id, asset_key, "failed", { metadata })]);
  return true;
}
