import { Cron } from "croner";
import { beforeAll, describe, expect, it } from "vitest";
import { WindmillYamlValidator } from "windmill-yaml-validator";
import { parse, stringify } from "yaml";
import { compileJobs } from "../local/build/compile_flows.ts";
import { type ParsedParameter, parseMain } from "../local/windmill_parser.ts";
import { diamondJob } from "./asset_graph/diamond_job.ts";
import { files, ROOT, read } from "./support/repository_files.ts";

type Transform = { type: "static"; value: unknown } | { type: "javascript"; expr: string };

interface Module {
  readonly id: string;
  readonly summary?: string;
  readonly value: {
    readonly type: string;
    readonly path?: string;
    readonly input_transforms?: Readonly<Record<string, Transform>>;
    readonly modules?: readonly Module[];
    readonly branches?: readonly { modules: readonly Module[]; skip_failure?: boolean; expr?: string }[];
    readonly default?: readonly Module[];
    readonly iterator?: Transform;
    readonly parallel?: boolean;
    readonly parallelism?: number;
    readonly skip_failures?: boolean;
  };
  readonly skip_if?: { expr: string };
  readonly stop_after_if?: { expr: string; skip_if_stopped?: boolean };
  readonly retry?: { constant?: { attempts: number; seconds: number }; retry_if?: { expr: string } };
}

interface Flow {
  readonly file: string;
  readonly text: string;
  readonly summary: string;
  readonly value: { readonly modules: readonly Module[]; readonly failure_module?: Module };
  readonly schema: {
    readonly properties: Readonly<Record<string, { type: string; description: string; default?: unknown }>>;
    readonly required: readonly string[];
    readonly order: readonly string[];
  };
}

const asFlow = (file: string, text: string): Flow => ({
  file,
  text,
  ...(parse(text) as Omit<Flow, "file" | "text">),
});

const COMMITTED = files("f")
  .filter((file) => file.endsWith("__flow/flow.yaml"))
  .map((file) => asFlow(file, read(file)));

/** Parallel branches, more than one sync: what the committed jobs do not have. */
const DIAMOND = compileJobs([diamondJob()], ROOT).flatMap(({ flow, migrate }) =>
  [flow, migrate].flatMap((compiled, index) =>
    compiled === null ? [] : [asFlow(`diamond ${index}`, stringify(compiled))],
  ),
);

const FLOWS = [...COMMITTED, ...DIAMOND];
const SCHEDULES = files("f").filter((file) => file.endsWith(".schedule.yaml"));

/** Every module of a flow, those inside loops and branches too. */
function modulesOf({ value }: Flow): readonly Module[] {
  const inside = ({
    value: { modules = [], branches = [], default: other = [] },
  }: Module): readonly Module[] =>
    [...modules, ...branches.flatMap((branch) => branch.modules), ...other].flatMap((module) => [
      module,
      ...inside(module),
    ]);
  const top = [...value.modules, ...(value.failure_module === undefined ? [] : [value.failure_module])];
  return top.flatMap((module) => [module, ...inside(module)]);
}

const each = (problems: (module: Module, flow: Flow) => readonly string[]) =>
  FLOWS.flatMap((flow) =>
    modulesOf(flow).flatMap((module) =>
      problems(module, flow).map((problem) => `${flow.file}, ${module.id}: ${problem}`),
    ),
  );

const ofType = (type: string) => FLOWS.flatMap(modulesOf).filter(({ value }) => value.type === type);

/** Everything that Windmill evaluates as JavaScript. */
function expressionsOf({ value, skip_if, stop_after_if, retry }: Module): readonly string[] {
  const transforms = [
    ...Object.values(value.input_transforms ?? {}),
    ...(value.iterator ? [value.iterator] : []),
  ];
  return [
    ...transforms.flatMap((transform) => (transform.type === "javascript" ? [transform.expr] : [])),
    ...(value.branches ?? []).flatMap(({ expr }) => (expr === undefined ? [] : [expr])),
    ...[skip_if, stop_after_if, retry?.retry_if].flatMap((condition) =>
      condition === undefined ? [] : [condition.expr],
    ),
  ];
}

const parameters = new Map<string, readonly ParsedParameter[] | null>();

beforeAll(async () => {
  for (const file of files("f").filter((path) => path.endsWith(".ts"))) {
    parameters.set(file.slice(0, -".ts".length), await parseMain(read(file), file));
  }
});

describe("a step of a compiled flow", () => {
  it("runs a script that exists and has a main", () => {
    expect(
      each(({ value: { type, path = "" } }) =>
        type !== "script" || parameters.get(path) ? [] : [`there is no script ${path} with a main.`],
      ),
    ).toEqual([]);
    expect(ofType("script").length).toBeGreaterThan(20);
  });

  it("gives every argument by the name of a parameter, and every parameter that needs one", () => {
    expect(
      each(({ value: { type, path = "", input_transforms = {} } }) => {
        if (type !== "script") return [];
        const known = parameters.get(path) ?? [];
        const names = known.map(({ name }) => name);
        const given = Object.keys(input_transforms);
        return [
          ...given.filter((name) => !names.includes(name)).map((name) => `${path} has no parameter ${name}.`),
          ...known
            .filter(({ name, has_default }) => !has_default && !given.includes(name))
            .map(({ name }) => `${path} is not given ${name}.`),
        ];
      }),
    ).toEqual([]);
  });

  it("refers to resources that the project declares and to variables that the README names", () => {
    const references = FLOWS.flatMap(({ text }) =>
      [...text.matchAll(/\$(res|var):([\w/]+)/g)].map(([, kind = "", path = ""]) => ({ kind, path })),
    );
    expect(references).not.toEqual([]);
    expect(
      references.filter(({ kind, path }) =>
        kind === "res" ? !files("f").includes(`${path}.resource.yaml`) : !read("README.md").includes(path),
      ),
    ).toEqual([]);
  });

  it("has an id that an expression can name, its own in the flow, and a summary", () => {
    expect(
      each(({ id, summary }, flow) => [
        ...(/^[A-Za-z_][A-Za-z_0-9]*$/.test(id) ? [] : ["results.<id> finds only letters, digits and _."]),
        ...(["preprocessor", "Input"].includes(id) ? ["Windmill keeps this id for itself."] : []),
        ...(id === "failure" && flow.value.failure_module?.id !== id
          ? ["only the failure step has it."]
          : []),
        ...(modulesOf(flow).filter((module) => module.id === id).length > 1 ? ["twice in the flow."] : []),
        ...(summary ? [] : ["no summary."]),
      ]),
    ).toEqual([]);
  });

  it("names in its expressions only modules and parameters that the flow has", () => {
    expect(
      each((module, flow) => {
        const ids = modulesOf(flow).map(({ id }) => id);
        const inputs = [...Object.keys(flow.schema.properties), "iter"];
        return expressionsOf(module).flatMap((code) => [
          ...[...code.matchAll(/\bresults\.(\w+)/g)]
            .filter(([, id = ""]) => !ids.includes(id))
            .map(([reference]) => `${reference} is no module.`),
          ...[...code.matchAll(/\bflow_input\.(\w+)/g)]
            .filter(([, name = ""]) => !inputs.includes(name))
            .map(([reference]) => `${reference} is no parameter.`),
          ...(/results\[|flow_input\[/.test(code) ? [`${code} names something that nobody can check.`] : []),
        ]);
      }),
    ).toEqual([]);
  });

  it("is tried again a few times and only after errors that it names, never beyond Windmill's six hours", () => {
    expect(
      each(({ retry }) => {
        if (retry === undefined) return [];
        const { constant, retry_if, ...others } = retry;
        const bounded = constant !== undefined && constant.attempts <= 5 && constant.seconds <= 6 * 3600;
        return [
          ...(bounded && Object.keys(others).length === 0 ? [] : ["not a few constant retries."]),
          ...(retry_if?.expr.includes("error.name") ? [] : ["retries after any error."]),
        ];
      }),
    ).toEqual([]);
  });
});

describe("a loop or branch of a compiled flow", () => {
  it("says whether it runs in parallel and whether a failure is skipped, because Windmill reads the absence in two ways", () => {
    expect(
      each(({ value: { type, parallel, parallelism, skip_failures, branches = [] } }) => {
        if (type === "forloopflow") {
          return [
            ...(typeof parallel === "boolean" && typeof skip_failures === "boolean" ? [] : ["not explicit."]),
            ...(parallel !== true || (parallelism !== undefined && parallelism >= 1 && parallelism <= 16)
              ? []
              : [`parallelism ${parallelism}.`]),
          ];
        }
        if (type !== "branchall") return [];
        const explicit = branches.every(({ skip_failure }) => typeof skip_failure === "boolean");
        return explicit && typeof parallel === "boolean" ? [] : ["not explicit."];
      }),
    ).toEqual([]);
    expect([ofType("forloopflow").length, ofType("branchall").length].every((count) => count > 0)).toBe(true);
  });

  it("has a default where one branch is taken, and ends nothing around it", () => {
    expect(
      each(({ value: { type, default: other }, stop_after_if }) => [
        ...(type === "branchone" && !Array.isArray(other)
          ? ["Windmill does not read it without a default."]
          : []),
        ...(stop_after_if === undefined ? [] : ["stop_after_if inside a branch ends the whole flow."]),
      ]),
    ).toEqual([]);
    expect(ofType("branchone")).not.toEqual([]);
  });
});

describe("the form of a flow", () => {
  it("describes every parameter and gives each a default, so that it can be left as it is", () => {
    for (const { file, schema } of FLOWS) {
      expect([file, schema.order]).toEqual([file, Object.keys(schema.properties)]);
      expect([file, schema.required]).toEqual([file, []]);
      const incomplete = Object.entries(schema.properties).filter(
        ([, { type, description, default: value }]) => !type || !description || value === undefined,
      );
      expect([file, incomplete]).toEqual([file, []]);
    }
  });
});

describe("a schedule", () => {
  const schedules = SCHEDULES.map((file) => [file, parse(read(file))] as const);

  it("starts a flow that exists, with parameters that it has, and sorts behind it, because a push creates things in that order", () => {
    expect(schedules).not.toEqual([]);
    for (const [file, { script_path, is_flow, args }] of schedules) {
      const path = `${script_path}__flow/flow.yaml`;
      const flow = COMMITTED.find((committed) => committed.file === path);
      expect([file, is_flow, path < file]).toEqual([file, true, true]);
      expect(Object.keys(flow?.schema.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(args)));
      expect(flow).toBeDefined();
    }
  });

  it("has six fields, a time zone, and lets no run overlap another", () => {
    for (const [file, schedule] of schedules) {
      expect([file, schedule.schedule.split(" ").length, schedule.cron_version]).toEqual([file, 6, "v2"]);
      expect(
        new Cron(schedule.schedule, { timezone: schedule.timezone, paused: true }).nextRun(),
      ).not.toBeNull();
      expect(schedule.no_flow_overlap).toBe(true);
    }
  });

  it("has no handlers that only the enterprise edition runs", () => {
    for (const [file, schedule] of schedules) {
      expect([file, Object.keys(schedule).filter((key) => key.startsWith("on_"))]).toEqual([file, []]);
    }
  });
});

describe("Windmill's own validator", () => {
  const validator = new WindmillYamlValidator();

  it("accepts every flow and schedule, and refuses a flow that is none", () => {
    for (const { file, text } of FLOWS) {
      const { parsed, errors } = validator.validate(text, { type: "flow" });
      expect([file, parsed.diagnostics, errors]).toEqual([file, [], []]);
    }
    for (const file of SCHEDULES) {
      const { parsed, errors } = validator.validate(read(file), { type: "schedule" });
      expect([file, parsed.diagnostics, errors]).toEqual([file, [], []]);
    }
    expect(validator.validate("summary: x\nvalue: {}\n", { type: "flow" }).errors).not.toEqual([]);
  });
});
