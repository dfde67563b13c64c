import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { compileJobs, loadJobs } from "./compile_flows.ts";
import { sqlModule } from "./sql_module.ts";
import { staleFiles } from "./stale_files.ts";
import { writtenFiles } from "./written_files.ts";

const root = join(import.meta.dirname, "..", "..");
const options = new Command("build")
  .description("Compiles flows/, resources/ and sql/ into f/, which is what wmill sync push deploys.")
  .option("--check", "write nothing; fail when what is committed is stale")
  .parse()
  .opts<{ check?: boolean }>();

try {
  process.exitCode = await build(options.check === true);
} catch (error) {
  console.error(pc.red(String(error)));
  process.exitCode = 1;
}

async function build(check: boolean): Promise<number> {
  // The steps import the statements, so these are written before anything of f/ is loaded or hashed.
  const sqlPath = join(root, "f", "reverse_etl", "generated", "sql.ts");
  if (!check) writeIfChanged(sqlPath, sqlModule(join(root, "sql")));
  const files = writtenFiles(root, compileJobs(await loadJobs(root), root));
  if (check) {
    const stale = [...staleFiles(root, files)];
    for (const path of stale) console.error(`${pc.red("stale")} ${path}`);
    if (stale.length > 0) console.error("Run npm run build and commit what it writes.");
    return stale.length > 0 ? 1 : 0;
  }
  for (const [path, content] of files) {
    if (writeIfChanged(join(root, path), content)) console.log(`${pc.green("wrote")} ${path}`);
  }
  return 0;
}

function writeIfChanged(path: string, content: string): boolean {
  if (existsSync(path) && readFileSync(path, "utf8") === content) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return true;
}
