import "snowflake-sdk";
import { pushWithSdkLimiter, pushWithSeedHook } from "./push_peers.ts";
import { doWork } from "./worker_job.ts";

await doWork(async (work) => {
  await (work.pusher === "seed_hook" ? pushWithSeedHook(work) : pushWithSdkLimiter(work));
  return null;
});
