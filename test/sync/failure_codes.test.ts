import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  ABOUT_THE_PROPERTY,
  FAILURES,
  type Failure,
  failureOf,
  HUBSPOT_CODES,
  JUDGED_BY_DEFINITION,
} from "../../f/reverse_etl/sync/failure_codes.ts";

import { PLAN_REFUSALS } from "../../f/reverse_etl/sync/refusals.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const KNOWN: Readonly<Record<string, Failure>> = { ...HUBSPOT_CODES, ...FAILURES };

/** How the README writes the two entries that stand for several codes. */
const WRITTEN: Readonly<Record<string, string>> = {
  HTTP_STATUS: "HTTP_<status>",
  SERVER_ERROR: "HTTP_<5xx>",
};

/** Texts of the same form that are no codes of an outcome. */
const NO_CODES = new Set(["COMPLETE", "GET", "POST", "UNKNOWN"]);

/** The files that judge answers and decide rows. */
function judging(): string[] {
  const files = (folder: string, pattern: RegExp) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".ts") && pattern.test(name))
      .map((name) => `${folder}/${name}`);
  return [
    ...files("f/reverse_etl/hubspot", /^(judge_|limit_answer|error_fact|echoed_value|match_rows)/),
    ...files("f/reverse_etl/sync", /^(push|call_|reachability|suspect|lost_record|verdict|outcome)/),
  ];
}

describe("the taxonomy of failures", () => {
  test("has every code that the judge and the push give", () => {
    const unlisted = judging().flatMap((path) =>
      [...read(path).matchAll(/"([A-Z]{2,}[A-Z0-9]*(?:_[A-Z0-9]+)*)"/g)]
        .map(([, code = ""]) => code)
        .filter((code) => !NO_CODES.has(code) && !code.startsWith("RETL_COUNTS") && failureOf(code) === null)
        .map((code) => `${path}: ${code}`),
    );
    expect(unlisted).toEqual([]);
  });

  test("has every code that settling and the guards give", () => {
    const statements = readdirSync(join(ROOT, "sql")).filter((name) =>
      /^(fold|refusals|journal)_/.test(name),
    );
    const codes = statements.flatMap((name) =>
      [...read(`sql/${name}`).matchAll(/'([A-Z]{2,}(?:_[A-Z]+)*)'/g)].map(([, code = ""]) => code),
    );
    expect(codes).toContain("SAME_RECORD");
    expect(codes.filter((code) => failureOf(code) === null)).toEqual([]);
  });

  test("has every code that the plan refuses rows with", () => {
    for (const code of PLAN_REFUSALS) expect(KNOWN).toHaveProperty(code);
  });

  test("knows what an HTTP status in a code means, and calls no other code its own", () => {
    expect(failureOf("HTTP_503")?.class).toBe("batch");
    expect(failureOf("HTTP_422")?.class).toBe("row");
    expect(failureOf("SOMETHING_NEW_OF_HUBSPOT")).toBeNull();
    expect(failureOf("toString")).toBeNull();
  });

  test("only names listed codes where it says what a property definition decides", () => {
    for (const code of [...JUDGED_BY_DEFINITION, ...ABOUT_THE_PROPERTY]) expect(KNOWN).toHaveProperty(code);
  });

  test("is in the README, every code of it", () => {
    const words = (text: string) => text.replace(/\s+/g, " ");
    const readme = words(read("README.md"));
    const missing = Object.entries(KNOWN)
      .map(
        ([code, { class: kind, means, rows, next }]) =>
          `| \`${WRITTEN[code] ?? code}\` | ${kind} | ${means} | ${rows} | ${next} |`,
      )
      .filter((line) => !readme.includes(words(line)));
    expect(missing).toEqual([]);
  });
});
