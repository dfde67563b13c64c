import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindmillYamlValidator } from "windmill-yaml-validator";
import { stringify } from "yaml";
import { asset, external } from "../../f/asset_graph/asset.ts";
import { compile, compileSchedule } from "../../f/asset_graph/compile.ts";
import { jobContext } from "../../f/asset_graph/job_context.ts";
import type { FlowModule } from "../../f/asset_graph/openflow.ts";
import { migrateFlow } from "../../f/reverse_etl/migrate_flow.ts";
import { diamondJob } from "./diamond_job.ts";
import {
  built,
  exampleStep,
  GATE,
  jobOf,
  modulesOf,
  OPENING,
  problemsOf,
  publish,
  published,
  structureOf,
} from "./small_job.ts";

const OPTIONS = { folder: "f/example", sources: "sources" };

function diamond() {
  const people = built("retl.people");
  const accounts = built("retl.accounts");
  const contacts = published("crm/contacts", { deps: [people] });
  const companies = published("crm/companies", { deps: [accounts] });
  const deals = published("crm/deals", { deps: [contacts, companies] });
  return [people, accounts, contacts, companies, deals];
}

const moduleOf = (modules: readonly FlowModule[], id: string) => {
  const found = modules.find((module) => module.id === id);
  if (found === undefined)
    throw new Error(`No module ${id} among ${modules.map((module) => module.id).join(", ")}.`);
  return found;
};

describe("a compiled job", () => {
  it("is its opening step, its gate, and behind the gate what it publishes", () => {
    const flow = compile(jobOf(diamond()), OPTIONS);
    expect(structureOf(flow.value.modules)).toBe(
      "(open, gate, gate_taken?([crm__companies | crm__contacts], crm__deals))",
    );
    expect(flow.value.failure_module?.id).toBe("failure");
  });

  it("runs independent assets side by side, and dependents in the branch of what they depend on", () => {
    const alone = published("crm/alone");
    const first = published("crm/first");
    const second = published("crm/second", { deps: [first] });
    const flow = compile(jobOf([second, alone, first]), OPTIONS);
    expect(structureOf(flow.value.modules)).toContain("[crm__alone | (crm__first, crm__second)]");
  });

  it("keeps the order of assets of which the job leaves out one between them", () => {
    const first = published("crm/first");
    const between = published("crm/between", { deps: [first] });
    const last = published("crm/last", { deps: [between] });
    const flow = compile(jobOf([first, between, last], { select: "not crm/between" }), OPTIONS);
    expect(structureOf(flow.value.modules)).toContain("(crm__first, crm__last)");
  });

  it("is the same, byte for byte, in whatever order its assets are declared", () => {
    const expected = stringify(compile(jobOf(diamond()), OPTIONS));
    fc.assert(
      fc.property(fc.shuffledSubarray(diamond(), { minLength: 5 }), (assets) => {
        expect(stringify(compile(jobOf(assets), OPTIONS))).toBe(expected);
      }),
    );
  });

  it("has ids that come from the keys, so that they stay when other assets come and go", () => {
    const ids = (flow: ReturnType<typeof compile>) => modulesOf(flow).map(({ id }) => id);
    const all = ids(compile(jobOf(diamond()), OPTIONS));
    expect(all).toContain("send__crm__contacts");
    expect(new Set(all).size).toBe(all.length);
    expect(ids(compile(jobOf(diamond(), { select: "crm/contacts" }), OPTIONS))).toEqual([
      "open",
      "gate",
      "gate_taken",
      "send__crm__contacts",
      "stay_closed",
      "failure",
    ]);
  });

  it("takes the closed branch visibly, and every default that Windmill would choose is written down", () => {
    const modules = modulesOf(compile(jobOf(diamond()), OPTIONS));
    expect(moduleOf(modules, "gate_taken").value).toMatchObject({
      type: "branchone",
      branches: [{ summary: "publish", expr: "results.gate.open" }],
      default: [{ id: "stay_closed", value: { type: "identity" } }],
    });
    expect(moduleOf(modules, "parallel_2__crm__companies").value).toMatchObject({
      type: "branchall",
      parallel: true,
      branches: [{ skip_failure: false }, { skip_failure: false }],
    });
  });

  it("skips every module of an asset that the run does not select, also of a compute that forgot to", () => {
    const deselected = '!results.open.selected.includes("crm/people")';
    const compute = publish({
      modules: (context) => [
        exampleStep(context),
        { ...exampleStep(context, "again"), skip_if: { expr: "results.x === null" } },
        { ...exampleStep(context, "once"), skip_if: { expr: `!${context.selected}` } },
        {
          id: context.id("maybe"),
          summary: "Maybe",
          value: {
            type: "branchone",
            branches: [{ summary: "yes", expr: `${context.selected} && true`, modules: [] }],
            default: [],
          },
        },
        {
          id: context.id("always"),
          summary: "Always",
          value: {
            type: "branchone",
            branches: [{ summary: "yes", expr: "true", modules: [] }],
            default: [],
          },
        },
      ],
    });
    const modules = modulesOf(compile(jobOf([asset({ key: "crm/people", compute })]), OPTIONS));
    const skip = (step: string) => moduleOf(modules, `${step}__crm__people`).skip_if?.expr;
    expect(skip("send")).toBe(deselected);
    expect(skip("again")).toBe(`${deselected} || (results.x === null)`);
    expect(skip("once")).toBe(deselected);
    expect(skip("maybe")).toBeUndefined();
    expect(skip("always")).toBe(deselected);
  });

  it("tells each asset how many may be computed at the same time", () => {
    const inputs = modulesOf(compile(jobOf([...diamond(), published("crm/alone")]), OPTIONS)).map(
      ({ value }) => (value.type === "script" ? value.input_transforms.siblings : undefined),
    );
    expect(inputs.filter((input) => input !== undefined)).toEqual(
      Array.from({ length: 4 }, () => ({ type: "static", value: 3 })),
    );
  });

  it("takes the parameters of its opening step, then those of its assets, in an order that the form keeps", () => {
    const parameter = { type: "boolean", default: false, description: "Send nothing." } as const;
    const people = published("crm/people", { compute: publish({ parameters: { dry_run: parameter } }) });
    expect(compile(jobOf([people]), OPTIONS).schema).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { ...OPENING.parameters, dry_run: parameter },
      required: [],
      order: ["select", "dry_run"],
    });
  });

  it("that publishes nothing is its opening step alone", () => {
    const flow = compile(jobOf(diamond(), { select: "retl.people" }), OPTIONS);
    expect(problemsOf(jobOf(diamond(), { select: "retl.people" }))).toEqual([]);
    expect(structureOf(flow.value.modules)).toBe("open");
    expect(flow.schema.order).toEqual(["select"]);
  });

  it("leaves external assets out of what it computes", () => {
    const people = published("crm/people", { deps: [external("crm.accounts")] });
    expect(jobContext(jobOf([people]), OPTIONS).context.assets.map(({ key }) => key)).toEqual(["crm/people"]);
  });

  it("is refused when two modules would have one id, or one that Windmill does not take", () => {
    const twice = publish({ modules: (context) => [exampleStep(context), exampleStep(context)] });
    expect(() => compile(jobOf([asset({ key: "a", compute: twice })]), OPTIONS)).toThrow(
      /several modules have the id "send__a"/,
    );
    const hyphen = publish({ modules: (context) => [{ ...exampleStep(context), id: "send-it" }] });
    expect(() => compile(jobOf([asset({ key: "a", compute: hyphen })]), OPTIONS)).toThrow(
      /"send-it" is no id/,
    );
    const reserved = { ...GATE, closedName: "failure" };
    expect(() => compile(jobOf([published("a")], { gate: reserved }), OPTIONS)).toThrow(
      /an id of Windmill's own/,
    );
  });
});

describe("a code version", () => {
  const versionOf = (options: { fingerprint?: unknown; sources?: string; deps?: readonly string[] }) => {
    const deps = (options.deps ?? []).map((key) => built(key));
    const people = published("a", {
      deps,
      compute: publish({ fingerprint: options.fingerprint ?? { b: 1, c: [2] } }),
    });
    const { codeVersion } = jobContext(jobOf([...deps, people]), {
      folder: "f/x",
      sources: options.sources ?? "s",
    });
    return codeVersion(people);
  };

  it("changes with what is computed, with the sources and with the dependencies, and with nothing else", () => {
    expect(versionOf({})).toBe(versionOf({ fingerprint: { c: [2], b: 1 } }));
    expect(versionOf({ deps: ["x", "y"] })).toBe(versionOf({ deps: ["y", "x"] }));
    const versions = [
      versionOf({}),
      versionOf({ fingerprint: { b: 1, c: [3] } }),
      versionOf({ sources: "other" }),
      versionOf({ deps: ["x"] }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe("a schedule", () => {
  it("is Windmill's, six fields in a time zone, and never overlaps a run that is still going", () => {
    expect(compileSchedule(diamondJob(), "f/example")).toEqual({
      summary: "diamond: daily",
      schedule: "0 30 4 * * *",
      timezone: "Europe/Amsterdam",
      enabled: true,
      script_path: "f/example/diamond",
      is_flow: true,
      args: {},
      no_flow_overlap: true,
      cron_version: "v2",
    });
  });

  it("is absent for a job that people start", () => {
    const { schedule: _, cadence: __, ...started } = jobOf([published("a")]);
    expect(compileSchedule(started, "f/example")).toBeNull();
  });
});

describe("the compiled diamond of the reverse ETL", () => {
  const job = diamondJob();
  const flow = compile(job, OPTIONS);

  it("is accepted by Windmill's own validator, and so are its migrate flow and its schedule", () => {
    const validator = new WindmillYamlValidator();
    const errors = (document: unknown, type: "flow" | "schedule") =>
      validator.validate(stringify(document, { aliasDuplicateObjects: false }), { type }).errors;
    const migrate = migrateFlow(jobContext(job, OPTIONS).context, job);
    expect(problemsOf(job)).toEqual([]);
    expect(errors(flow, "flow")).toEqual([]);
    expect(errors(migrate, "flow")).toEqual([]);
    expect(errors(compileSchedule(job, "f/example"), "schedule")).toEqual([]);
    expect(
      errors({ ...flow, value: { modules: [{ id: "a", value: { type: "scrpt" } }] } }, "flow"),
    ).not.toEqual([]);
  });

  it("sends companies beside contacts, and deals after contacts", () => {
    expect(structureOf(flow.value.modules).replaceAll("__hubspot__", " ")).toBe(
      "(dbt_prep, environment_branch, environment_branch_taken?" +
        "[(diff_insert companies, changes companies?(batch_sizing companies, each_batch companies, settle companies) : plan_report companies) | " +
        "(diff_insert contacts, changes contacts?(batch_sizing contacts, each_batch contacts, settle contacts) : plan_report contacts, " +
        "diff_insert deals, changes deals?(batch_sizing deals, each_batch deals, settle deals) : plan_report deals)])",
    );
  });

  it("has a summary for every module and every branch, because people read it in Windmill's editor", () => {
    for (const { summary, value } of modulesOf(flow)) {
      expect(summary).not.toBe("");
      if (value.type === "branchall" || value.type === "branchone")
        for (const branch of value.branches) expect(branch.summary).not.toBe("");
    }
  });

  it("writes down what Windmill would decide otherwise than one expects", () => {
    for (const { value } of modulesOf(flow)) {
      if (value.type === "forloopflow") {
        expect(value).toMatchObject({ skip_failures: true, parallel: true, parallelism: 4 });
      }
      if (value.type === "branchall") expect(value.parallel).toBe(true);
      if (value.type === "branchone") expect(value.default).toBeInstanceOf(Array);
    }
  });

  it("calls scripts by path, with nothing inline and no secret in an input", () => {
    for (const { value } of modulesOf(flow)) {
      if (value.type !== "script") continue;
      expect(value.path).toMatch(/^f\/reverse_etl\/[a-z_]+$/);
      for (const [name, input] of Object.entries(value.input_transforms)) {
        if (["warehouse", "hubspot", "dbt"].includes(name))
          expect(input).toEqual({ type: "static", value: expect.stringMatching(/^\$res:f\//) });
      }
    }
  });

  it("offers the parameters of a run as a form", () => {
    expect(flow.schema.order).toEqual([
      "dbt_full_refresh",
      "select",
      "dry_run",
      "resync",
      "approve",
      "show_values",
    ]);
    for (const parameter of Object.values(flow.schema.properties)) {
      expect(parameter.description).not.toBe("");
      expect(parameter).toHaveProperty("default");
    }
  });

  it("hands the opening step its assets in order, with their code versions, and the failure step the published keys", () => {
    const [opening] = flow.value.modules;
    if (opening?.value.type !== "script") throw new Error("The opening step is not a script.");
    const { assets } = opening.value.input_transforms;
    const keys = assets?.type === "static" ? (assets.value as { key: string; code_version: string }[]) : [];
    expect(keys.map(({ key }) => key)).toEqual([
      "retl.accounts",
      "retl.people",
      "hubspot/companies",
      "hubspot/contacts",
      "hubspot/deals",
    ]);
    expect(new Set(keys.map(({ code_version }) => code_version)).size).toBe(5);
    expect(flow.value.failure_module?.value).toMatchObject({
      path: "f/reverse_etl/record_failure",
      input_transforms: {
        published: { type: "static", value: ["hubspot/companies", "hubspot/contacts", "hubspot/deals"] },
        error: { type: "javascript", expr: "error" },
      },
    });
  });

  it("takes the table as others left it where the job selects a sync without its model", () => {
    const alone = diamondJob({ select: "hubspot/contacts" });
    expect(problemsOf(alone)).toEqual([]);
    expect(jobContext(alone, OPTIONS).context.assets.map(({ key }) => key)).toEqual(["hubspot/contacts"]);
  });

  it("has one step that makes the tables of all three syncs", () => {
    const { modules } = migrateFlow(jobContext(job, OPTIONS).context, job).value;
    expect(modules).toHaveLength(1);
    const [made] = modules;
    if (made?.value.type !== "script") throw new Error("The migrate step is not a script.");
    expect(made.value.input_transforms.syncs).toMatchObject({
      value: [{ key: "hubspot/companies" }, { key: "hubspot/contacts" }, { key: "hubspot/deals" }],
    });
  });
});
