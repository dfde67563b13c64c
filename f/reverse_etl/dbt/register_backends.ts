import { builtByOthers } from "./built_by_others.ts";
import { commandLine } from "./command_line.ts";
import { registerDbtBackend } from "./dbt_backend.ts";
import { dbtPlatform } from "./dbt_platform.ts";
import { snowflakeDbtProject } from "./snowflake_dbt_project.ts";
import { windmillDbt } from "./windmill_dbt.ts";

/** Makes the back ends that run wherever the steps run available to dbt resources. */
export function registerDbtBackends(): void {
  registerDbtBackend("none", builtByOthers);
  registerDbtBackend("command_line", commandLine);
  registerDbtBackend("dbt_platform", dbtPlatform);
  registerDbtBackend("snowflake_dbt_project", snowflakeDbtProject);
  registerDbtBackend("windmill_dbt", windmillDbt);
}
