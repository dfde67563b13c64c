import { describe, expect, it } from "vitest";
import { type Asset, type AssetOptions, asset, external } from "../../f/asset_graph/asset.ts";
import { AssetGraphError } from "../../f/asset_graph/asset_graph_error.ts";
import { cron, type Job } from "../../f/asset_graph/job.ts";
import { validate } from "../../f/asset_graph/validate.ts";
import { built, jobOf, OPENING, problemsOf, publish, published } from "./small_job.ts";

/** Options as JavaScript could give them, past the compiler. */
function untyped(options: Record<string, unknown>): AssetOptions {
  return { key: "crm/people", compute: publish(), ...options } as unknown as AssetOptions;
}

const problemsWith = (options: Record<string, unknown>) => problemsOf(jobOf([asset(untyped(options))]));

describe("validation", () => {
  it("accepts a graph without a problem", () => {
    const source = external("crm.accounts", { description: "Accounts, as the CRM keeps them." });
    const model = built("retl.people", { deps: [source], owners: ["team:data", "someone@example.com"] });
    const people = published("crm/people", {
      deps: [model],
      group: "crm",
      kinds: ["hubspot"],
      tags: { pii: "yes" },
    });
    expect(problemsOf(jobOf([model, people], { select: "+crm/people" }))).toEqual([]);
  });

  it("reports every problem of every asset and job at once, under one stable code", () => {
    const people = published("People", { owners: ["someone"], group: "C R M" });
    const companies = published("crm/companies", {
      compute: publish({ problems: () => ["schema: is missing"] }),
    });
    const jobs = [
      jobOf([people, companies], { name: "Nightly", select: "crm/compnies" }),
      jobOf([companies], { schedule: cron("0 0 * * *", "Mars/Olympus") }),
    ];
    expect(() => validate(jobs)).toThrow(expect.objectContaining({ code: "ASSET_GRAPH_INVALID" }));
    const problems = problemsOf(...jobs);
    expect(problems).toHaveLength(7);
    expect(problems.join("\n")).toBe(
      [
        'People: key: "People" is not an asset key. Use lower-case words joined by "_", "." or "/", such as "hubspot/contacts"; not "and", "or", "not" or "path".',
        'People: group: "C R M" must be in lower case without blanks, such as "crm".',
        'People: owners.0: "someone" is neither an e-mail address nor team:<name>.',
        "crm/companies: schema: is missing",
        'job Nightly: "Nightly" is not a job name. Use lower-case words joined by "_".',
        'job Nightly: select: There is no asset "crm/compnies". Nearest: "crm/companies".\n  crm/compnies\n  ^',
        'job example: the time zone "Mars/Olympus" does not exist. Use a name of the IANA database, such as "UTC" or "Europe/Amsterdam".',
      ].join("\n"),
    );
    expect(new AssetGraphError(problems).message).toMatch(
      /^7 problems in the asset graph, so nothing was compiled:\n {2}People/,
    );
  });

  it("reports a problem once, however many jobs have it", () => {
    const people = published("crm/people", { owners: ["someone"] });
    expect(problemsOf(jobOf([people]), jobOf([people], { name: "other" }))).toHaveLength(1);
  });
});

describe("the options of an asset", () => {
  it.each(["checks", "freshness", "retry", "partitions"])("refuse %s, which is not built yet", (option) => {
    expect(problemsWith({ [option]: [] })).toEqual([
      `crm/people: the option "${option}" is not available yet. Remove it: it would have no effect.`,
    ]);
  });

  it("refuse a misspelt option with the nearest name", () => {
    expect(problemsWith({ dep: [], colour: "red" })).toEqual([
      'crm/people: the option "dep" does not exist. Nearest: deps.',
      'crm/people: the option "colour" does not exist. Remove it: it would have no effect.',
    ]);
  });

  it("refuse a text as a dependency and say how to name it", () => {
    expect(problemsWith({ deps: ["retl.people"] })).toEqual([
      'crm/people: deps.0: "retl.people" is a text. A dependency is an object: name the asset\'s variable, or declare it by external("retl.people").',
    ]);
    expect(problemsWith({ deps: "retl.people" })[0]).toMatch(/^crm\/people: deps: .*expected array/);
  });

  it("refuse an undefined dependency, as two files that import each other leave it", () => {
    expect(problemsWith({ deps: [undefined] })[0]).toMatch(
      /deps\.0: undefined is not an asset. Two files that import/,
    );
  });

  it("refuse what is listed twice", () => {
    const model = built("retl.people");
    const people = published("crm/people", {
      deps: [model, model],
      kinds: ["hubspot", "hubspot"],
      owners: ["team:a", "team:a"],
    });
    expect(problemsOf(jobOf([model, people]))).toEqual([
      "crm/people: deps.1: retl.people is listed twice.",
      'crm/people: owners.1: "team:a" is listed twice.',
      'crm/people: kinds.1: "hubspot" is listed twice.',
    ]);
  });

  it("refuse labels that no selection could name", () => {
    expect(problemsWith({ tags: { "P I I": "yes" } })[0]).toMatch(
      /tags\.P I I: "P I I" must be in lower case/,
    );
    expect(problemsWith({ tags: { pii: 'a"b' } })[0]).toMatch(/tags\.pii: .* must be a text without quotes/);
    expect(problemsWith({ kinds: ["Hub Spot"] })[0]).toMatch(/kinds\.0: "Hub Spot" must be in lower case/);
  });

  it("refuse a missing or a half compute", () => {
    expect(problemsWith({ compute: undefined })[0]).toMatch(/compute: is missing. .* external\(key\)/);
    expect(problemsWith({ compute: { stage: "later", kind: "x" } })[0]).toMatch(
      /must have the stage "opening" or "publish"/,
    );
    expect(
      problemsWith({ compute: { stage: "publish", kind: "x", writes: [], problems: () => [] } })[0],
    ).toMatch(/compute\.modules: must be a function/);
  });

  it("are refused, not crashed on, whatever JavaScript gives", () => {
    for (const options of [undefined, null, {}, { key: 7 }, { key: "a", tags: "x", owners: {}, kinds: 1 }]) {
      const broken = asset(options as unknown as AssetOptions);
      expect(problemsOf(jobOf([broken]))).not.toEqual([]);
    }
    expect(problemsOf(jobOf([published("a"), "b" as unknown as Asset]))).toEqual([
      "job example: assets: must be a list of assets.",
    ]);
  });

  it("refuse what an external asset cannot have", () => {
    const source = external("crm.accounts", { compute: publish() } as object);
    expect(problemsOf(jobOf([published("crm/people", { deps: [source] })]))).toEqual([
      'crm.accounts: the option "compute" does not exist. Remove it: it would have no effect.',
    ]);
  });
});

describe("a compute", () => {
  it("whose check throws is reported and does not hide the other problems", () => {
    const broken = published("a", {
      compute: publish({
        problems: () => {
          throw new TypeError("column_mappings is not iterable");
        },
      }),
    });
    const other = published("b", { owners: ["nobody"] });
    expect(problemsOf(jobOf([broken, other]))).toEqual([
      "a: compute: its configuration cannot be read: column_mappings is not iterable",
      'b: owners.0: "nobody" is neither an e-mail address nor team:<name>.',
    ]);
  });

  it("may not write what another one writes", () => {
    const writes = ["contacts property score", "contacts property tier"];
    const first = published("a", { compute: publish({ writes }) });
    const second = published("b", { compute: publish({ writes: writes.slice(0, 1) }) });
    expect(problemsOf(jobOf([first, second]))).toEqual([
      "contacts property score is written by a and b. Let one of them write it.",
    ]);
  });

  it("may not declare a parameter otherwise than another one or the opening step", () => {
    const dryRun = { type: "boolean", default: false, description: "Send nothing." } as const;
    const first = published("a", { compute: publish({ parameters: { dry_run: dryRun } }) });
    const alike = published("b", { compute: publish({ parameters: { dry_run: { ...dryRun } } }) });
    expect(problemsOf(jobOf([first, alike]))).toEqual([]);
    const different = published("c", {
      compute: publish({
        parameters: {
          dry_run: { ...dryRun, default: true },
          select: { type: "boolean", description: "Something else." },
        },
      }),
    });
    expect(problemsOf(jobOf([first, different]))).toEqual([
      "job example: the parameter dry_run is declared differently by a and c. Declare it alike, or give one another name.",
      "job example: the parameter select is declared differently by the opening step and c. Declare it alike, or give one another name.",
    ]);
    expect(OPENING.parameters).toHaveProperty("select");
  });
});

describe("a graph", () => {
  it("may not have a cycle, which is shown as one path", () => {
    const deps: Asset[] = [];
    const a = { ...published("a"), deps };
    const b = published("b", { deps: [a] });
    const c = published("c", { deps: [b] });
    deps.push(c);
    expect(problemsOf(jobOf([a, b, c]))).toEqual([
      "Cycle: a -> c -> b -> a. Remove one of these dependencies.",
    ]);
  });

  it("may not have two assets of one key", () => {
    expect(problemsOf(jobOf([published("a"), published("a")]))).toEqual([
      "a is declared 2 times. Declare it once and use the same object.",
    ]);
  });

  it("may not let the opening step depend on what is published after it, directly or through others", () => {
    const people = published("crm/people");
    const scored = built("retl.scored", { deps: [people] });
    const report = built("retl.report", { deps: [scored] });
    const problems = problemsOf(jobOf([people, scored, report]));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^retl.scored is computed by the opening step, but depends on crm\/people, .*Remove the/,
    );
  });
});

describe("a job", () => {
  it("must list what its assets depend on, and hears the nearest name that it lists", () => {
    const listed = built("retl.people");
    const meant = built("retl.peple");
    const people = published("crm/people", { deps: [meant] });
    expect(problemsOf(jobOf([listed, people]))).toEqual([
      "job example: crm/people depends on retl.peple, which is not in assets. Add it there. Nearest in the list: retl.people.",
    ]);
  });

  it("need not list external assets", () => {
    expect(problemsOf(jobOf([published("a", { deps: [external("crm.accounts")] })]))).toEqual([]);
  });

  it("may not select only what others compute", () => {
    const people = published("a", { deps: [external("crm.accounts")] });
    expect(problemsOf(jobOf([people], { select: "crm.accounts" }))[0]).toMatch(
      /chooses only what others compute/,
    );
    expect(problemsOf(jobOf([people], { select: "crm.accounts+" }))).toEqual([]);
  });

  it("has a name of its own", () => {
    expect(problemsOf(jobOf([published("a")]), jobOf([published("b")]))).toEqual([
      "job example is declared several times. Give each job a name of its own.",
    ]);
  });

  it("has no option that does not exist", () => {
    const options = { retry: {}, shedule: cron("0 0 0 * * *", "UTC") } as Partial<Job>;
    expect(problemsOf(jobOf([published("a")], options))).toEqual([
      'job example: the option "retry" is not available yet. Remove it: it would have no effect.',
      'job example: the option "shedule" does not exist. Nearest: schedule.',
    ]);
  });

  it.each([
    ["0 0 * * *", "has 5 fields instead of Windmill's six"],
    ["@daily", "has 1 field instead of Windmill's six"],
    ["0 0 25 * * *", "is not a cron expression"],
    ["0 0 0 30 2 *", "never comes due"],
  ])("may not have the schedule %j: it %s", (expression, why) => {
    const [problem] = problemsOf(jobOf([published("a")], { schedule: cron(expression, "UTC") }));
    expect(problem).toContain(why);
    expect(problem).toContain('every midnight is "0 0 0 * * *"');
  });

  it("names the cadence of its schedule, and has none without a schedule", () => {
    expect(problemsOf(jobOf([published("a")], { cadence: "Every day" }))[0]).toMatch(/is not a cadence/);
    const { schedule: _, ...unscheduled } = jobOf([published("a")]);
    expect(problemsOf(unscheduled)).toEqual([
      "job example: has a cadence without a schedule. Add schedule, or remove cadence.",
    ]);
    const { cadence: __, ...started } = unscheduled;
    expect(problemsOf(started)).toEqual([]);
  });
});
