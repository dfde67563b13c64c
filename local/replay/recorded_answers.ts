import { readFile } from "node:fs/promises";
import { z } from "zod";

const outcome = z.enum(["acknowledged", "rejected", "unknown", "retry", "stop"]);

const recordedInput = z.looseObject({
  id: z.string().optional(),
  idProperty: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
  objectWriteTraceId: z.string().optional(),
});

const recordedAnswer = z.looseObject({
  name: z.string(),
  request: z.looseObject({
    method: z.string(),
    path: z.string().startsWith("/"),
    inputs: z.array(recordedInput).min(1),
    idProperty: z.string().optional(),
    properties: z.array(z.string()).optional(),
  }),
  response: z.looseObject({
    /** Null or absent: the connection is dropped without an answer. */
    status: z.number().int().min(200).max(599).nullish(),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.unknown().optional(),
    /** A body that is no JSON. */
    text: z.string().optional(),
  }),
  expected: z.array(
    z.looseObject({
      input: z.number().int().min(0),
      outcome,
      code: z.string().optional(),
      how: z.string().optional(),
      also_ok: z.array(outcome).default([]),
    }),
  ),
  call: z.looseObject({ action: z.string(), wait_s: z.number().optional() }).optional(),
});

const recordedFile = z.looseObject({ answers: z.array(recordedAnswer).min(1) });

export type RecordedAnswer = z.output<typeof recordedAnswer>;
export type RecordedOutcome = z.output<typeof outcome>;

/** A file that is not one of recorded answers; the message lists what is wrong with it. */
export class NotRecordedAnswers extends Error {}

/** Reads a file of recorded answers, each with its request and the outcome expected of every input. */
export async function readRecordedAnswers(file: string): Promise<readonly RecordedAnswer[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it is no JSON" : "it cannot be read";
    throw new NotRecordedAnswers(`${file}: ${reason}`, { cause: error });
  }
  const parsed = recordedFile.safeParse(content);
  if (!parsed.success) {
    const lines = parsed.error.issues
      .slice(0, 10)
      .map((issue) => `  ${issue.path.join(".") || "the file"}: ${issue.message}`);
    throw new NotRecordedAnswers(`${file} is no file of recorded answers:\n${lines.join("\n")}`);
  }
  for (const { name, request, expected } of parsed.data.answers) {
    const inputs = expected.map((entry) => entry.input);
    const isComplete = request.inputs.every(
      (_, index) => inputs.filter((input) => input === index).length === 1,
    );
    if (!isComplete || inputs.length !== request.inputs.length) {
      throw new NotRecordedAnswers(`${file}: ${name} does not expect one outcome for each of its inputs`);
    }
  }
  return parsed.data.answers;
}
