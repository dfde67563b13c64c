import type { Clock } from "../sync/clock.ts";
import { ERROR_CODES, RetlError } from "../sync/error.ts";
import type { DbtBackend, DbtBuild, DbtRequest, DbtResult } from "./dbt_backend.ts";

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const PAUSE_GROWTH = 1.5;

const NOTHING_TO_BUILD: DbtResult = { invocationId: null, nodes: [], builtByOthers: false, warnings: [] };

/**
 * Lets a back end build the requested models and waits for it: from 2 s to 30 s between two looks, through any outage of the system
 * that builds. `started` is told of a build that lives outside this process before anybody waits for it.
 * A build that takes too long is cancelled and throws `RETL_DBT_TIMEOUT`; other errors are those of the back end.
 */
export async function buildModels(
  backend: DbtBackend,
  request: DbtRequest,
  { clock, started }: { readonly clock: Clock; readonly started: (build: DbtBuild) => Promise<void> },
): Promise<DbtResult> {
  if (request.models.length === 0) return NOTHING_TO_BUILD;
  const build = await backend.start(request);
  if (build.reference !== null) await started(build);
  const deadline = backend.timeoutMs === null ? Number.POSITIVE_INFINITY : clock.now() + backend.timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    if ((await look(build)) === "ended") return build.result();
    const left = deadline - clock.now();
    if (left <= 0) throw await cancelled(build, backend.timeoutMs ?? 0);
    await clock.sleep(Math.min(pause, left));
  }
}

async function look(build: DbtBuild): Promise<"running" | "ended"> {
  try {
    return await build.poll();
  } catch (error) {
    if (error instanceof RetlError && ERROR_CODES[error.code].transient) return "running";
    throw error;
  }
}

async function cancelled(build: DbtBuild, timeoutMs: number): Promise<RetlError> {
  const isCancelled = await build.cancel().then(
    () => true,
    () => false,
  );
  return new RetlError("RETL_DBT_TIMEOUT", {
    what: `dbt had not ended after ${timeoutMs / 1000} seconds (timeout_seconds of the dbt resource): ${build.reference}.`,
    state: `${isCancelled ? "It was asked to stop" : "It could not be cancelled and may still be running"}; nothing was planned or sent, and models that dbt did build stay as it built them.`,
    next: "Look at what the warehouse was doing, or allow more time.",
    details: { dbt_run: build.reference, url: build.url, cancelled: isCancelled },
  });
}
