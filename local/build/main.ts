import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { checkCompiledModels } from "../dbt/compiled_models.ts";
import { compileJobs, loadJobs } from "./compile_flows.ts";
import { sqlModule } from "./sql_module.ts";
import { leftFiles, staleFiles } from "./stale_files.ts";
import { SQL_MODULE, writtenFiles } from "./written_files.ts";

const root = join(import.meta.dirname, "..", "..");
const options = new Command("build")
  .description("Compiles flows/, resources/ and sql/ into f/, which is what wmill sync push deploys.")
  .option("--check", "write nothing; fail when what is committed is stale")
  .parse()
  .opts<{ check?: boolean }>();

try {
  process.exitCode = await (options.check === true ? check() : build());
} catch (error) {
  // An error with a code says all there is to say; the name of another one tells what kind it is.
  console.error(pc.red(String(error).replace(/^Error: (?=[A-Z_]+: )/, "")));
  process.exitCode = 1;
}

async function build(): Promise<number> {
  // The steps import the statements, so these are written before anything of f/ is hashed.
  write(SQL_MODULE, sqlModule(join(root, "sql")));
  const files = await writtenFiles(root, compileJobs(await loadJobs(root), root));
  for (const [path, content] of files) write(path, content);
  for (const path of leftFiles(root, files)) remove(path);
  return 0;
}

async function check(): Promise<number> {
  const files = await writtenFiles(root, compileJobs(await loadJobs(root), root));
  const stale = staleFiles(root, files);
  const left = leftFiles(root, files);
  for (const path of stale) console.error(`${pc.red("stale")} ${path}`);
  for (const path of left) console.error(`${pc.red("declared nowhere")} ${path}`);
  const compiled = checkCompiledModels();
  for (const problem of compiled) console.error(`${pc.red("stale")} ${problem}`);
  if (stale.length + left.length > 0) console.error("Run npm run build and commit what it changes.");
  return stale.length + left.length + compiled.length === 0 ? 0 : 1;
}

function write(path: string, content: string): void {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, "utf8") === content) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(`${pc.green("wrote")} ${path}`);
}

function remove(path: string): void {
  const file = join(root, path);
  rmSync(file);
  if (readdirSync(dirname(file)).length === 0) rmdirSync(dirname(file));
  console.log(`${pc.yellow("removed")} ${path}`);
}
