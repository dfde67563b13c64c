import type { PushWork, WorkerFigures, WorkerMessage } from "./push_work.ts";

/** The child's side: says that its code is loaded, does the one piece of work that it is given, and ends with what it measured. */
export async function doWork(push: (work: PushWork) => Promise<WorkerFigures | null>): Promise<void> {
  const given = new Promise<PushWork>((resolve) => {
    process.once("message", (message) => resolve(message as PushWork));
  });
  // A worker whose benchmark was ended would go on by itself, against a HubSpot that is gone.
  process.once("disconnect", () => process.exit());
  tell({ kind: "ready" });
  try {
    const figures = await push(await given);
    if (figures !== null) tell({ kind: "done", ...figures });
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
  process.disconnect();
}

function tell(message: WorkerMessage): void {
  process.send?.(message);
}
