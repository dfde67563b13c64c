import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRecordedAnswers } from "../../../local/replay/recorded_answers.ts";
import { replay } from "../../../local/replay/replay.ts";

const OWN = "test/local/replay/own_answers.json";
const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "replay-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command as a person does; gives its output and exit code. */
async function command(file: string): Promise<{ readonly out: string; readonly code: number }> {
  try {
    const { stdout } = await run("npx", ["tsx", "local/replay/main.ts", file], {
      env: { ...process.env, NO_COLOR: "1" },
    });
    return { out: stdout, code: 0 };
  } catch (error) {
    const failed = error as { stdout: string; stderr: string; code: number };
    return { out: failed.stdout + failed.stderr, code: failed.code };
  }
}

async function fileOf(content: unknown): Promise<string> {
  const file = join(folder, `${Math.random()}.json`);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("replaying recorded answers", () => {
  test("every input of the repository's own answers comes out as expected", async () => {
    const report = await replay(await readRecordedAnswers(OWN));
    expect(report.differences).toEqual([]);
    expect(report.inputs).toBeGreaterThan(report.answers);
  });

  test("trace ids stand where the recording has them and nowhere else", async () => {
    const [first] = await readRecordedAnswers(OWN);
    if (first === undefined) throw new Error("no recording");
    const traced = { results: [{ id: "1", properties: {}, objectWriteTraceId: "t1" }] };
    const [named, nameless] = await Promise.all([
      replay([{ ...first, response: { ...first.response, body: traced } }]),
      replay([
        { ...first, response: { ...first.response, body: { results: [{ id: "1", properties: {} }] } } },
      ]),
    ]);
    // The first is found by its trace id and lacks its value; the second is not found at all.
    expect(named.differences[0]?.actual).toBe("unknown VALUE_NOT_ECHOED");
    expect(nameless.differences[0]?.actual).toBe("unknown NOT_ACCOUNTED_FOR");
  });

  test("the command lists an input that comes out otherwise, and fails", async () => {
    const own = JSON.parse(await readFile(OWN, "utf8"));
    own.answers[0].expected[1].outcome = "rejected";
    const { out, code } = await command(await fileOf(own));
    expect(code).toBe(1);
    expect(out).toMatch(/rows out of order.*│ 1 .*│ rejected .*│ acknowledged/);
    expect(out).toContain("30 answers, 41 inputs: 1 differ");
  });

  test("the command says what is wrong with a file of another shape", async () => {
    for (const [content, words] of [
      [{ answers: [{ name: 1 }] }, /is no file of recorded answers:\n.*answers\.0\.name/],
      ["no json", /it is no JSON/],
    ] as const) {
      const { out, code } = await command(await fileOf(content));
      expect(code).toBe(1);
      expect(out).toMatch(words);
    }
  });

  test("a recording that forgets an input is refused, not passed over", async () => {
    const own = JSON.parse(await readFile(OWN, "utf8"));
    own.answers[0].expected.pop();
    await expect(readRecordedAnswers(await fileOf(own))).rejects.toThrow(
      /one outcome for each of its inputs/,
    );
  });

  test("a request that none of ours stands for is a difference", async () => {
    const own = JSON.parse(await readFile(OWN, "utf8"));
    own.answers[0].request.path = "/crm/v3/objects/contacts/merge/batch/merge";
    const report = await replay(await readRecordedAnswers(await fileOf(own)));
    expect(report.differences).toHaveLength(1);
  });
});
