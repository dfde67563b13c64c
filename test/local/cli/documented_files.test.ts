import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { DEFAULT_TOKEN, faultRules } from "../../../local/hubspot_simulator/settings.ts";
import { flowWorld } from "../../support/flow_world.ts";
import { persons } from "../../support/people_sync.ts";
import { read } from "../../support/repository_files.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { command, peopleJob, ROOT } from "./cli_world.ts";

/** A start takes a second or two; on a machine that runs everything at once, many. */
const TIMEOUT = { timeout: 180_000 };
const BIN = join(ROOT, "local", "cli", "tailrace.mjs");

/** The blocks of the README in this language that contain a text. */
function blocks(language: string, containing: string): readonly string[] {
  const found = read("README.md").matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...found].map(([, block = ""]) => block).filter((block) => block.includes(containing));
}

async function bin(cwd: string, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [BIN, ...args], { cwd })).stdout;
}

describe("the README's resources of a machine without Snowflake and HubSpot", () => {
  const [file = ""] = blocks("yaml", "kind: duckdb");

  it("make a warehouse in the working directory, and every command finds it there", TIMEOUT, async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "tailrace.resources.yaml"), file);
    await bin(cwd, "migrate", "hubspot_contacts");
    expect(existsSync(join(cwd, "warehouse.duckdb"))).toBe(true);
    const { syncs } = JSON.parse(await bin(cwd, "status", "--json"));
    expect(syncs).toMatchObject([{ sync: "hubspot/contacts", verdict: "never run" }]);
  });

  it("run a job against the simulator", async () => {
    const world = await flowWorld();
    await world.people(persons(3));
    const cwd = temporaryFolder();
    const here = file
      .replace("http://127.0.0.1:8787", world.hubspot.url)
      .replace("warehouse.duckdb", JSON.stringify(world.warehousePath));
    writeFileSync(join(cwd, "tailrace.resources.yaml"), here);
    const ended = await command(["run", "people"], { cwd, jobs: [peopleJob(world.sync)] });
    expect(ended).toMatchObject({ code: 0 });
    expect(Object.keys(await world.held())).toHaveLength(3);
  });

  it("are the same kind of warehouse in --help", async () => {
    const { out } = await command(["--help"], { cwd: temporaryFolder() });
    const { "f/reverse_etl/snowflake": documented } = parse(file).resources;
    const [line = ""] = out.split("\n").filter((text) => text.includes("kind: duckdb"));
    expect(parse(line)).toEqual({ "f/reverse_etl/snowflake": documented });
  });
});

describe("the README's faults of the simulator", () => {
  const [example = ""] = blocks("json", '"match"');

  it("do to each call what they say, and are those of --help", TIMEOUT, async () => {
    const cwd = temporaryFolder();
    const help = await bin(cwd, "simulator", "--help");
    expect(JSON.parse(/^\[\n[\s\S]*?^\]$/m.exec(help)?.[0] ?? "")).toEqual(JSON.parse(example));
    writeFileSync(join(cwd, "faults.json"), example);
    const child = spawn(process.execPath, [BIN, "simulator", "--port", "0", "--faults", "faults.json"], {
      ...{ cwd, stdio: ["ignore", "pipe", "inherit"] },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const upsert = async () => {
      const startedAt = performance.now();
      const properties = { email: "ada@example.com", city: "London" };
      const answer = await fetch(`${String(line).split(" ").at(-1)}/crm/v3/objects/contacts/batch/upsert`, {
        method: "POST",
        headers: { authorization: `Bearer ${DEFAULT_TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({ inputs: [{ id: properties.email, idProperty: "email", properties }] }),
      });
      if (answer.status !== 200) return answer.status;
      const { results } = (await answer.json()) as {
        results: { properties: { city: string }; new: boolean }[];
      };
      return [results[0]?.properties.city, results[0]?.new, performance.now() - startedAt >= 199];
    };
    expect(await upsert()).toEqual(["Elsewhere", true, true]);
    expect([await upsert(), await upsert()]).toEqual([503, 503]);
    await expect(upsert()).rejects.toThrow();
    expect(await upsert()).toEqual(["Elsewhere", false, true]);
  });

  it("are explained field by field, in --help, too", TIMEOUT, async () => {
    const [section = ""] =
      /<summary>Faults of the simulator[\s\S]*?<\/details>/.exec(read("README.md")) ?? [];
    const help = await bin(temporaryFolder(), "simulator", "--help");
    const rule = faultRules.element.shape;
    const fields = [...Object.keys(rule), ...Object.keys(rule.action.shape)];
    const replies = ["normal", "empty_results", "close", "reset", "hang"];
    for (const field of fields) expect(section).toMatch(new RegExp(`^\\| \`${field}\``, "m"));
    for (const name of [...fields, ...replies, ...Object.keys(rule.match.unwrap().shape)]) {
      expect(section).toContain(name);
      expect(help).toContain(name);
    }
  });
});
