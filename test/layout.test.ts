import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  files,
  importsOf,
  isBuiltin,
  isTypeScript,
  lineOf,
  packageOf,
  ROOT,
  read,
  withoutComments,
} from "./support/repository_files.ts";

interface Rule {
  readonly of: string;
  readonly files: RegExp;
  /** What they may import of the project. */
  readonly may: readonly RegExp[];
  readonly because: string;
}

const ASSET_GRAPH = /^f\/asset_graph\//;
const SYNC = /^f\/reverse_etl\/sync\//;
const REPORT = /^f\/reverse_etl\/report\//;
const STEP = /^f\/reverse_etl\/[^/]+\.ts$/;
/** The ports and the words they are written in: all that an adapter knows of what is around it. The warehouse's stands beside its adapter. */
const PORTS =
  /^f\/reverse_etl\/(sync\/(clock|error|failure_codes|mapping_problem|outcome|verdict|hubspot_port|association_port|push_ports)|warehouse\/warehouse)\.ts$/;
/** The port to a warehouse, and how its dialects write what the statements need. */
const WAREHOUSE_PORT = /^f\/reverse_etl\/warehouse\/(warehouse|dialect|identifier)\.ts$/;

/** How a statement of sql/ becomes text; a dbt back end that works inside the warehouse has statements of its own. */
const STATEMENT = /^f\/reverse_etl\/sync\/statement\.ts$/;

const adapter = (name: string, ...more: readonly RegExp[]): Rule => {
  const own = new RegExp(`^f/reverse_etl/${name}/`);
  return {
    of: `the adapter ${name}/`,
    files: own,
    may: [own, PORTS, ...more],
    because: "an adapter knows its own folder and the ports, those in sync/ and the warehouse's",
  };
};

/** The first rule that fits a file holds: steps → sync/ → ports, adapters → ports. */
const RULES: readonly Rule[] = [
  {
    of: "the asset graph",
    files: ASSET_GRAPH,
    may: [ASSET_GRAPH],
    because: "the library knows nothing of warehouses, HubSpot or reverse ETL",
  },
  {
    of: "the core",
    files: SYNC,
    may: [SYNC, WAREHOUSE_PORT, /^f\/reverse_etl\/generated\//, ASSET_GRAPH],
    because: "the life of a change does its I/O through ports only",
  },
  {
    of: "the reports",
    files: REPORT,
    may: [REPORT, SYNC],
    because: "they render what the core found and do no I/O",
  },
  adapter("hubspot"),
  adapter("warehouse"),
  adapter("dbt", WAREHOUSE_PORT, STATEMENT),
  {
    of: "the generated statements",
    files: /^f\/reverse_etl\/generated\//,
    may: [],
    because: "they are text",
  },
  {
    of: "the steps",
    files: STEP,
    may: [/^f\//],
    because: "Windmill deploys f/ and nothing else",
  },
  {
    of: "flows/",
    files: /^flows\//,
    may: [/^f\//, /^flows\//],
    because: "Windmill gets what they compile to",
  },
  {
    of: "local/",
    files: /^local\//,
    may: [/^f\//, /^local\//],
    because: "the product does not know its tests",
  },
];

const SOURCES = ["f", "flows", "local", "bench"].flatMap((folder) => files(folder)).filter(isTypeScript);
const TESTS = files("test").filter(isTypeScript);
const GENERATED = /^f\/reverse_etl\/generated\//;

describe("an import", () => {
  it("goes from steps to sync/ to ports, and from adapters to ports", () => {
    expect(
      SOURCES.flatMap((file) => {
        const rule = RULES.find(({ files }) => files.test(file));
        return importsOf(file).flatMap(({ line, target }) =>
          rule === undefined || target === null || rule.may.some((allowed) => allowed.test(target))
            ? []
            : `${file}:${line} imports ${target}, but ${rule.of} may not: ${rule.because}.`,
        );
      }),
    ).toEqual([]);
  });

  it("of a file in f/ is of a package that is installed where Windmill runs it, and never of DuckDB", () => {
    const { dependencies } = packageJson();
    expect(
      SOURCES.filter((file) => file.startsWith("f/")).flatMap((file) =>
        importsOf(file).flatMap(({ line, specifier, target }) =>
          target !== null ||
          isBuiltin(specifier) ||
          (packageOf(specifier) in dependencies && !/duckdb/.test(specifier))
            ? []
            : `${file}:${line} imports ${specifier}, but f/ may import node:… and the dependencies of package.json only.`,
        ),
      ),
    ).toEqual([]);
  });

  it("is a relative path that ends in .ts and exists, a package, or node:…, never an alias", () => {
    const { dependencies, devDependencies, imports } = packageJson();
    expect(imports).toBeUndefined();
    expect(readFileSync(join(ROOT, "tsconfig.json"), "utf8")).not.toMatch(/"(paths|baseUrl)"/);
    expect(
      [...SOURCES, ...TESTS].flatMap((file) =>
        importsOf(file).flatMap(({ line, specifier, target }) => {
          if (target === null) {
            const known = packageOf(specifier) in { ...dependencies, ...devDependencies };
            return known || isBuiltin(specifier)
              ? []
              : `${file}:${line} imports ${specifier}, which is in no list of package.json.`;
          }
          const resolves = /\.(ts|json)$/.test(target) && existsSync(join(ROOT, target));
          return resolves ? [] : `${file}:${line} imports ${specifier}, which is no file with its ending.`;
        }),
      ),
    ).toEqual([]);
  });

  it("names the file that declares what it imports, because no file only passes on what others declare", () => {
    expect(
      [...SOURCES, ...TESTS].flatMap((file) => {
        const code = withoutComments(read(file));
        const line = lineOf(code, code.search(/^export\s+\*/m));
        if (line !== null)
          return `${file}:${line} exports everything of another file. Import it where it is declared.`;
        const own = code
          .replaceAll(/^(import|export)\s[^;]*?from\s*"[^"]+";?|^import\s*"[^"]+";?/gm, "")
          .trim();
        return own === ""
          ? `${file} declares nothing of its own. Import from where things are declared.`
          : [];
      }),
    ).toEqual([]);
  });
});

describe("a file", () => {
  it("of f/ has a name that is a Windmill path: snake_case without a second dot, save for Windmill's sidecars", () => {
    const source = /^[a-z][a-z0-9]*(_[a-z0-9]+)*\.ts$/;
    const sidecar =
      /^([a-z0-9_]+\.(script\.yaml|script\.lock|schedule\.yaml|resource\.yaml)|flow\.yaml|folder\.meta\.yaml)$/;
    const folder = /^[a-z][a-z0-9]*(_[a-z0-9]+)*(__flow)?$/;
    expect(
      files("f").filter((file) => {
        const [, ...folders] = dirname(file).split("/");
        const name = basename(file);
        return !(source.test(name) || sidecar.test(name)) || !folders.every((part) => folder.test(part));
      }),
    ).toEqual([]);
  });

  it("of TypeScript has a snake_case name without a second dot, save for .test.ts", () => {
    const name = /^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.test)?\.ts$/;
    expect([...SOURCES, ...TESTS].filter((file) => !name.test(basename(file)))).toEqual([]);
    expect(SOURCES.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
  });

  it("is named after what it holds, so that nothing is called utils or helpers", () => {
    expect(
      [...SOURCES, ...TESTS].filter((file) => /(^|[/_])(utils?|helpers?|common|misc)[/._]/.test(file)),
    ).toEqual([]);
  });

  it("has at most 400 lines; one that needs more holds two ideas", () => {
    expect(
      SOURCES.filter((file) => !GENERATED.test(file))
        .map((file) => ({ file, lines: read(file).trimEnd().split("\n").length }))
        .flatMap(({ file, lines }) => (lines > 400 ? `${file} has ${lines} lines.` : [])),
    ).toEqual([]);
  });
});

describe("the core", () => {
  it("has time and chance from its ports, so that a test can drive both", () => {
    const forbidden =
      /\bDate\.now\(|\bMath\.random\(|\bset(Timeout|Interval)\(|\bnew Date\(\s*\)|\bperformance\.now\(/g;
    expect(
      SOURCES.filter((file) => SYNC.test(file) && basename(file) !== "clock.ts").flatMap((file) => {
        const code = withoutComments(read(file));
        return [...code.matchAll(forbidden)].map(
          (match) =>
            `${file}:${lineOf(code, match.index)} uses ${match[0]}; take the Clock or the Random of clock.ts.`,
        );
      }),
    ).toEqual([]);
  });

  it("uses every statement of sql/", () => {
    const code = SOURCES.filter((file) => /^(f|local)\//.test(file) && !GENERATED.test(file))
      .map(read)
      .join("\n");
    const statements = files("sql").filter((file) => /^sql\/[^/]+\.sql$/.test(file));
    const included = statements.map(read).join("\n");
    expect(statements).not.toEqual([]);
    expect(
      statements.filter((file) => {
        const name = basename(file, ".sql");
        const partial = new RegExp(`{%-?\\s*(render|include)\\s+["']${name}["']`);
        return !code.includes(`"${name}"`) && !partial.test(included);
      }),
    ).toEqual([]);
  });
});

describe("the repository", () => {
  it("has at its top what the design says and nothing else", () => {
    const folders = [".ci", "bench", "f", "flows", "local", "resources", "sql", "test"];
    const named = [
      "LICENSE",
      "README.md",
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "wmill.yaml",
    ];
    const tools = [".gitignore", "biome.json", "vitest.config.ts"];
    const entries = topEntries();
    expect(entries.filter((entry) => ![...folders, ...named, ...tools].includes(entry))).toEqual([]);
    expect(entries).toEqual(expect.arrayContaining(["f", "flows", "local", "sql", "test"]));
  });
});

/** What is at the top of the repository: what git tracks or, where there is no git, all that is not ignored. */
function topEntries(): readonly string[] {
  if (existsSync(join(ROOT, ".git"))) {
    const tracked = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");
    return [...new Set(tracked.map((path) => path.split("/")[0] ?? ""))];
  }
  const ignored = read(".gitignore")
    .split("\n")
    .map((line) => line.replace(/\/$/, ""));
  return readdirSync(ROOT).filter((entry) => !ignored.includes(entry));
}

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly imports?: unknown;
}

function packageJson(): PackageJson {
  return JSON.parse(read("package.json"));
}
