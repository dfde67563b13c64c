import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { files, importsOf, isBuiltin, packageOf, ROOT, read } from "./support/repository_files.ts";
import { temporaryFolder } from "./support/temporary_folder.ts";

const DEPLOYED = files("f");
const SCRIPTS = DEPLOYED.filter((file) => file.endsWith(".ts"));
const YAML = DEPLOYED.filter((file) => file.endsWith(".yaml"));
const FOLDERS = [...new Set(DEPLOYED.map((file) => file.split("/").slice(0, 2).join("/")))];

const withoutEnding = (file: string) => file.slice(0, -".ts".length);

interface Metadata {
  readonly summary: string;
  readonly description: string;
  readonly lock: string;
  readonly kind: string;
  readonly schema: {
    readonly properties: Readonly<Record<string, { description: string; format?: string }>>;
    readonly required: readonly string[];
    readonly order: readonly string[];
  };
}

const metadataOf = (script: string) => parse(read(`${withoutEnding(script)}.script.yaml`)) as Metadata;

/** The two halves of a script's lock. */
function lockOf(script: string): { readonly dependencies: Record<string, string>; readonly bun: string } {
  const [manifest = "", bun = "", ...more] = read(`${withoutEnding(script)}.script.lock`).split(
    "\n//bun.lock\n",
  );
  expect(more).toEqual([]);
  return { ...(JSON.parse(manifest) as { dependencies: Record<string, string> }), bun };
}

/** Each `name@version` that a bun.lock pins. */
const pinned = (bun: string) =>
  [...bun.matchAll(/^ {4}"[^"]+": \["([^"]+)"/gm)].map(([, locked = ""]) => locked);

/** Every file of f/ that a script loads when it runs, itself included. */
function loaded(script: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(script)) return seen;
  seen.add(script);
  for (const { target, kind } of importsOf(script)) {
    if (target !== null && kind !== "types") loaded(target, seen);
  }
  return seen;
}

function packagesLoaded(script: string): readonly string[] {
  const specifiers = [...loaded(script)].flatMap((file) =>
    importsOf(file)
      .filter(({ target, kind }) => target === null && kind !== "types")
      .map(({ specifier }) => specifier),
  );
  const packages = specifiers.filter((specifier) => !isBuiltin(specifier)).map(packageOf);
  return [...new Set(packages)].sort();
}

describe("a script of f/", () => {
  it("has a .script.yaml and a .script.lock beside it, and neither stands without a script", () => {
    const expected = SCRIPTS.map(withoutEnding);
    for (const ending of [".script.yaml", ".script.lock"]) {
      const described = DEPLOYED.filter((file) => file.endsWith(ending));
      expect(described.map((file) => file.slice(0, -ending.length))).toEqual(expected);
    }
    expect(expected).not.toEqual([]);
  });

  it("says what it is, and describes every argument of its form", () => {
    expect(
      SCRIPTS.flatMap((script) => {
        const { summary, description, kind, schema } = metadataOf(script);
        const undescribed = Object.entries(schema.properties).filter(([, { description }]) => !description);
        return [
          ...(summary ? [] : [`${script} has no summary.`]),
          ...(typeof description === "string" ? [] : [`${script} has no description.`]),
          ...(kind === "script" ? [] : [`${script} is of kind ${kind}.`]),
          ...undescribed.map(([name]) => `${script} does not describe ${name}.`),
          ...(schema.order.join() === Object.keys(schema.properties).join() ? [] : [`${script}: order.`]),
        ];
      }),
    ).toEqual([]);
  });

  it("asks for a resource only of a type that a resource of the project has, because Windmill takes any unknown type's name for one", () => {
    const types = YAML.filter((file) => file.endsWith(".resource.yaml")).map(
      (file) => (parse(read(file)) as { resource_type: string }).resource_type,
    );
    const formats = SCRIPTS.flatMap((script) =>
      [...JSON.stringify(metadataOf(script).schema).matchAll(/"format":"([^"]+)"/g)].map(
        ([, format]) => format,
      ),
    );
    expect([...new Set(formats)].sort()).toEqual(types.map((type) => `resource-${type}`).sort());
  });

  it("can be resolved by Windmill's loader: by static imports of .ts files of f/ that exist, by their own names", () => {
    expect(
      SCRIPTS.flatMap((script) =>
        importsOf(script).flatMap(({ line, specifier, target, kind }) => {
          if (target === null) return [];
          const found = SCRIPTS.includes(target);
          return found && kind !== "dynamic" ? [] : [`${script}:${line} imports ${specifier}.`];
        }),
      ),
    ).toEqual([]);
  });

  it("is valid TSX, because Windmill's loader reads every imported script as TSX", () => {
    expect(
      SCRIPTS.flatMap((script) => {
        try {
          transformSync(read(script), { loader: "tsx", logLevel: "silent" });
          return [];
        } catch (error) {
          return [`${script}: ${String(error)}`];
        }
      }),
    ).toEqual([]);
  });

  it("starts with no comment that Windmill takes for an annotation, such as //native, // pipeline or // tag x", () => {
    const annotation =
      /^\/\/\s*(npm|nodejs|native|nobundling|sandbox|pipeline|macros|(package_json|test|volume):.*|(use|on|partitioned|freshness|trigger|debounce|tag|retry|materialize|data_test|column|measure|dimension|mute)\s.*)$/;
    const header = (script: string) => {
      const lines = read(script).split("\n");
      const end = lines.findIndex((line) => !line.startsWith("//"));
      return lines.slice(0, end).map((line) => line.trim());
    };
    expect(["//native", "// on schedule", "// tag dbt"].every((line) => annotation.test(line))).toBe(true);
    expect(SCRIPTS.filter((script) => header(script).some((line) => annotation.test(line)))).toEqual([]);
  });

  it("names in its code only paths of Windmill that git has or that the README tells people to make", () => {
    const known = (path: string) =>
      [`${path}.ts`, `${path}__flow/flow.yaml`, `${path}.resource.yaml`].some((file) =>
        DEPLOYED.includes(file),
      ) || read("README.md").includes(path);
    const named = SCRIPTS.flatMap((script) =>
      [...read(script).matchAll(/["'`](f\/[a-z_]+\/[a-z_/]+)["'`]/g)].map(([, path = ""]) => path),
    );
    expect(named).toContain("f/reverse_etl/environment");
    expect(named.filter((path) => !known(path))).toEqual([]);
  });

  it("reaches nothing of DuckDB, whose native module cannot be deployed", () => {
    expect(SCRIPTS.filter((script) => packagesLoaded(script).some((name) => /duckdb/.test(name)))).toEqual(
      [],
    );
    expect(DEPLOYED.filter((file) => file.endsWith(".lock") && /duckdb/.test(read(file)))).toEqual([]);
  });
});

describe("the lock of a script", () => {
  const versions = new Map(
    Object.entries(
      (JSON.parse(read("package-lock.json")) as { packages: Record<string, { version?: string }> }).packages,
    ).map(([path, { version }]) => [path, version]),
  );
  const known = new Set(
    [...versions].map(([path, version]) => `${path.split("node_modules/").at(-1)}@${version}`),
  );

  it("names exactly the packages that the script loads, by its own imports and by those of what it imports", () => {
    for (const script of SCRIPTS) {
      expect([script, Object.keys(lockOf(script).dependencies)]).toEqual([script, packagesLoaded(script)]);
    }
  });

  it("has the versions of package-lock.json, direct and indirect", () => {
    for (const script of SCRIPTS) {
      const { dependencies, bun } = lockOf(script);
      for (const [name, version] of Object.entries(dependencies)) {
        expect([script, name, version]).toEqual([script, name, versions.get(`node_modules/${name}`)]);
      }
      expect(pinned(bun).filter((locked) => !known.has(locked))).toEqual([]);
      expect(pinned(bun)).toEqual(
        expect.arrayContaining(Object.entries(dependencies).map(([name, version]) => `${name}@${version}`)),
      );
    }
  });

  it("is referred to by its path from the root, quoted, because wmill lint rejects !inline as a tag", () => {
    for (const script of SCRIPTS) {
      const lock = `${withoutEnding(script)}.script.lock`;
      expect(metadataOf(script).lock).toBe(`!inline ${lock}`);
    }
    expect(YAML.filter((file) => /^[^'"\n]*\s!inline/m.test(read(file)))).toEqual([]);
  });

  it("ends after <empty> where there is no package: Windmill compares the whole rest of the text", () => {
    const empty = SCRIPTS.filter((script) => packagesLoaded(script).length === 0);
    expect(empty).not.toEqual([]);
    for (const script of empty) {
      const text = read(`${withoutEnding(script)}.script.lock`);
      expect([script, text]).toEqual([script, '{"dependencies":{}}\n//bun.lock\n<empty>']);
    }
  });

  it("is of version 1, which Bun 1.3 reads, too; another one it ignores in silence", () => {
    for (const script of SCRIPTS) {
      const { bun } = lockOf(script);
      if (bun !== "<empty>") expect([script, parse(bun).lockfileVersion]).toEqual([script, 1]);
    }
  });

  it("is complete: Bun takes each as it is and asks no registry", () => {
    const bun = join(dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin", "bun.exe");
    const locks = new Map(
      SCRIPTS.map((script) => lockOf(script))
        .filter(({ bun }) => bun !== "<empty>")
        .map(({ dependencies, bun }) => [JSON.stringify({ dependencies }), bun]),
    );
    expect(locks.size).toBeGreaterThan(3);
    for (const [manifest, lock] of locks) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, "package.json"), manifest);
      writeFileSync(join(folder, "bun.lock"), lock);
      // Whoever tried to reach a registry would get no answer.
      const nowhere = { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" };
      const output = execFileSync(bun, ["install", "--lockfile-only"], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          BUN_INSTALL_CACHE_DIR: join(folder, "cache"),
          ...nowhere,
        },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      expect(output).toContain("no changes");
    }
  });

  it("has the Snowflake driver only where a warehouse is opened", () => {
    const withDriver = SCRIPTS.filter((script) => "snowflake-sdk" in lockOf(script).dependencies);
    expect(withDriver).toContain("f/reverse_etl/hubspot_push.ts");
    expect(withDriver).not.toContain("f/reverse_etl/hubspot_preflight.ts");
    expect(withDriver.filter((script) => script.startsWith("f/reverse_etl/sync/"))).toEqual([]);
  });
});

describe("what a push has in its scope", () => {
  const config = parse(read("wmill.yaml")) as Record<string, unknown>;
  const wmill = join(ROOT, "node_modules", "windmill-cli", "esm", "main.js");
  const runWmill = (folder: string, ...args: string[]) => {
    const environment = { ...process.env, HOME: folder, NO_COLOR: "1" };
    try {
      return execFileSync(process.execPath, [wmill, ...args, "--json"], {
        cwd: folder,
        env: environment,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };

  it("is every folder of f/ and no other, because a push deletes what it finds in its scope and not in git", () => {
    expect(config.includes).toEqual(FOLDERS.map((folder) => `${folder}/**`));
    expect(config).not.toHaveProperty("excludes");
    expect(config).toMatchObject({
      skipVariables: true,
      skipSecrets: true,
      skipResourceTypes: true,
      skipWorkspaceDependencies: true,
      skipDatatableMigrations: true,
    });
  });

  it("has schedules, Bun and folders without dots", () => {
    expect(config).toMatchObject({ includeSchedules: true, nonDottedPaths: true, defaultTs: "bun" });
    expect(DEPLOYED.filter((file) => dirname(file).includes("."))).toEqual([]);
  });

  it("is set by options that wmill knows, each with its reason", () => {
    const known = JSON.parse(runWmill(temporaryFolder(), "config")) as { name: string }[];
    expect(known.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(config)));
    const blocks = read("wmill.yaml").trim().split("\n\n").slice(1);
    expect(blocks.filter((block) => !block.startsWith("# "))).toEqual([]);
  });

  it("passes wmill lint, locks included, and a flow with a mistake does not", () => {
    const lint = (where: string) => JSON.parse(runWmill(where, "lint", "--locks-required"));
    const linted = YAML.filter((file) => /(\/flow|\.schedule)\.yaml$/.test(file));
    expect(lint(ROOT)).toMatchObject({ success: true, issues: [], validatedFiles: linted.length });

    const broken = temporaryFolder();
    mkdirSync(join(broken, "f/reverse_etl/x__flow"), { recursive: true });
    writeFileSync(join(broken, "wmill.yaml"), read("wmill.yaml"));
    writeFileSync(join(broken, "f/reverse_etl/x__flow/flow.yaml"), "summary: x\nvalue:\n  modules: 1\n");
    writeFileSync(join(broken, "f/reverse_etl/y.ts"), "export async function main() {}\n");
    writeFileSync(join(broken, "f/reverse_etl/y.script.yaml"), "summary: y\nlock: ''\n");
    const { success, issues } = lint(broken) as { success: boolean; issues: { path: string }[] };
    expect(success).toBe(false);
    expect(issues.map(({ path }) => path).sort()).toEqual([
      "f/reverse_etl/x__flow/flow.yaml",
      "f/reverse_etl/y.script.yaml",
    ]);
  });

  it("names each folder, and leaves its owners and permissions to the workspace", () => {
    for (const folder of FOLDERS) {
      const metadata = parse(read(`${folder}/folder.meta.yaml`));
      expect(Object.keys(metadata).sort()).toEqual(["display_name", "summary"]);
    }
  });
});

describe("a resource", () => {
  const resources = YAML.filter((file) => file.endsWith(".resource.yaml"));
  const typeOf = (file: string) => (parse(read(file)) as { resource_type: string }).resource_type;

  it("is of a type that every Windmill has, or says that its type is the project's own", () => {
    const windmills = ["hubspot", "snowflake", "snowflake_oauth"];
    expect(
      resources.filter((file) => {
        const { description } = parse(read(file)) as { description: string };
        return !windmills.includes(typeOf(file)) && !description.includes("this project's own");
      }),
    ).toEqual([]);
    expect(resources.map(typeOf)).toEqual(expect.arrayContaining(["hubspot", "snowflake"]));
  });

  it("refers to variables that its own description or the README tells people to make", () => {
    expect(
      resources.flatMap((file) => {
        const text = read(file);
        const { description } = parse(text) as { description: string };
        return [...text.matchAll(/\$var:(\S+)/g)].flatMap(([, path = ""]) =>
          /\bvariables?\b/.test(description) || read("README.md").includes(path) ? [] : [`${file}: ${path}`],
        );
      }),
    ).toEqual([]);
  });

  it("holds no secret, and neither does any other file of f/ or resources/", () => {
    const secret =
      /\bpat-(na|eu|ap)\d-|-----BEGIN [A-Z ]*PRIVATE KEY|\bdbt[a-z]_[A-Za-z0-9_-]{20,}|:\/\/[^/\s:@]+:[^/\s:@]+@|\beyJ[A-Za-z0-9_-]{20,}\./;
    expect("://user:word@host eyJhbGciOiJSUzI1NiIsInR5cCI6.").toMatch(secret);
    expect([...DEPLOYED, ...files("resources")].filter((file) => secret.test(read(file)))).toEqual([]);
  });

  it("is named as it is in resources/", () => {
    expect(resources.map((file) => basename(file))).toEqual(files("resources").map((file) => basename(file)));
    expect(resources.every((file) => existsSync(join(ROOT, "resources", basename(file))))).toBe(true);
  });
});
