import { builtByOthers } from "./built_by_others.ts";
import { commandLine } from "./command_line.ts";
import { registerDbtBackend } from "./dbt_backend.ts";

/** Makes the back ends that run wherever the steps run available to dbt resources. */
export function registerDbtBackends(): void {
  registerDbtBackend("none", builtByOthers);
  registerDbtBackend("command_line", commandLine);
}
