import { VariableService } from "windmill-client";
import { runEvent, text } from "../asset_graph/event.ts";
import { RetlError } from "./sync/error.ts";
import { recordEvents } from "./sync/events.ts";
import { withWarehouse } from "./warehouse/open_warehouse.ts";

type Snowflake = object;

const VARIABLE = "f/reverse_etl/environment";

/** The only value of the variable that lets anything reach HubSpot. */
const PRODUCTION = "prod";

/**
 * Reads which environment this workspace is. Only production pushes, and a variable that does not exist means not production.
 *
 * @param warehouse The warehouse that keeps the record of the run.
 * @param schema The schema of asset_events in the warehouse.
 * @param run_id The run, as dbt_prep answered it.
 * @param selected Keys of the assets that this run computes.
 * @param published Keys of the assets of the job that are published, to name those that are skipped.
 */
export async function main(
  warehouse: Snowflake,
  schema: string,
  run_id: string,
  selected: string[],
  published: string[],
) {
  const environment = await readVariable(VARIABLE);
  const push = environment === PRODUCTION;
  if (!push) {
    const reason = `the environment is ${environment ?? "not set"}, and only ${PRODUCTION} pushes`;
    const events = published
      .filter((key) => selected.includes(key))
      .map((asset_key) => runEvent(run_id, asset_key, "skipped", { metadata: { reason: text(reason) } }));
    await withWarehouse(warehouse, { run_id, step: "environment_branch" }, (open) =>
      recordEvents(open, schema, events),
    );
  }
  return { environment, push, branch: push ? "trigger_retl" : "skip_retl" };
}

async function readVariable(path: string): Promise<string | null> {
  try {
    return (
      await VariableService.getVariableValue({ workspace: process.env.WM_WORKSPACE ?? "", path })
    ).trim();
  } catch (error) {
    if (typeof error === "object" && error !== null && "status" in error && error.status === 404) return null;
    throw new RetlError("RETL_WINDMILL_UNAVAILABLE", {
      what: `Windmill did not answer for the variable ${path}.`,
      state: "The tables are built; nothing was planned or sent.",
      next: "Run again; if it happens again, look at the worker's access to the Windmill server.",
    });
  }
}
