import { join } from "node:path";
import { text } from "node:stream/consumers";
import { registerDuckdb } from "../../local/duckdb_warehouse/duckdb_warehouse.ts";
import { scriptsFromFolder } from "../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../local/flow_runner/run_flow.ts";
import { startWindmillApi } from "../../local/flow_runner/windmill_api.ts";
import { compileSync } from "./people_sync.ts";

/**
 * Runs the compiled flow of a sync as a process of its own, which can be killed: reads `{ sync, resources, variables }` from its
 * standard input, runs again while the sync is busy, and ends with one line of JSON, the flow's run.
 */
const settings = JSON.parse(await text(process.stdin));
const { sync, resources, variables } = settings;
registerDuckdb();
const api = await startWindmillApi({ variables, resources });
api.connectClient();
const scripts = scriptsFromFolder(join(import.meta.dirname, "..", ".."));
for (;;) {
  const run = await runFlow(
    compileSync(sync),
    {},
    {
      scripts,
      resources,
      variables,
      environment: api.env,
      onEvent: (event) => api.observe(event),
    },
  );
  const { error } = (run.result ?? {}) as { error?: { name: string } };
  if (error?.name === "RETL_BUSY") {
    await new Promise((resolve) => setTimeout(resolve, 100));
    continue;
  }
  process.stdout.write(`${JSON.stringify(run)}\n`);
  break;
}
await api.close();
