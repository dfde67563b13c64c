import { Command } from "commander";
import { compileModels } from "./compile_models.ts";
import { ensureDbt } from "./python_environment.ts";

const program = new Command("npm run dbt --").description(
  "The demo's dbt project, sql/dbt, with the real dbt.",
);

program
  .command("compile")
  .description("rewrite local/demo/compiled, the SQL that the demo runs without --dbt")
  .action(async () => {
    const { nodes } = await compileModels(await ensureDbt());
    for (const node of nodes) process.stdout.write(`local/demo/compiled/${node.file}\n`);
  });

await program.parseAsync();
