import { join } from "node:path";
import { ensurePythonEnvironment } from "../python_environment.ts";
import { DBT_PROJECT } from "./project.ts";

/**
 * The path of a dbt executable with exactly the packages of sql/dbt/requirements.txt, installed the first time (about 40 s and
 * 270 MB). Throws `RETL_CONFIG` without a fitting Python.
 */
export async function ensureDbt(): Promise<string> {
  const bin = await ensurePythonEnvironment({
    name: "dbt",
    requirements: join(DBT_PROJECT, "requirements.txt"),
    purpose: "dbt",
    otherwise: "Install Python, or run without --dbt: the committed compiled models need none.",
  });
  return join(bin, "dbt");
}
