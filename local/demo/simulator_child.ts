import { rm, writeFile } from "node:fs/promises";
import { startSimulator } from "../hubspot_simulator/server.ts";
import type { SimulatorMessage, SimulatorRequest } from "./simulator_process.ts";

const { options, pidFile } = JSON.parse(process.argv[2] ?? "{}") as SimulatorRequest;

function tell(message: SimulatorMessage): void {
  process.send?.(message);
}

// An interrupt on the terminal reaches this process, too; it ends when its parent does, after the parent's last call.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

try {
  if (pidFile !== undefined) await writeFile(pidFile, `${process.pid}`);
  const running = await startSimulator(options);
  process.once("disconnect", () => {
    running
      .close()
      .then(() => (pidFile === undefined ? undefined : rm(pidFile, { force: true })))
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  });
  tell({ url: running.url });
} catch (error) {
  if (pidFile !== undefined) await rm(pidFile, { force: true });
  tell({ error: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
}
