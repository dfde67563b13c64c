import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import type { HubSpot } from "../../f/reverse_etl/sync/hubspot_port.ts";
import type { Outcome } from "../../f/reverse_etl/sync/outcome.ts";
import type { ReadBack, ReadVerdict, Verdict } from "../../f/reverse_etl/sync/verdict.ts";
import { startAnswerServer } from "./answer_server.ts";
import type { RecordedAnswer, RecordedOutcome } from "./recorded_answers.ts";
import { replayedRequest } from "./recorded_request.ts";

/** One input, or the call as a whole (`input` null), that came out otherwise than expected. */
export interface Difference {
  readonly answer: string;
  readonly input: number | null;
  readonly expected: string;
  readonly actual: string;
}

export interface ReplayReport {
  readonly answers: number;
  readonly inputs: number;
  readonly differences: readonly Difference[];
}

/** What became of one input, in the words of the recorded expectations. */
interface Actual {
  readonly outcome: RecordedOutcome;
  readonly code: string | null;
}

const TIMEOUT_MS = 5_000;

/** Serves every recorded answer over HTTP to the client, and judges it as the push does. */
export async function replay(recordings: readonly RecordedAnswer[]): Promise<ReplayReport> {
  const server = await startAnswerServer();
  try {
    const hubspot = hubspotFromResource({ token: "replayed", base_url: server.baseUrl }, TIMEOUT_MS);
    const differences: Difference[] = [];
    for (const recorded of recordings) {
      server.serve(recorded);
      differences.push(...differencesOf(recorded, await judged(hubspot, recorded)));
    }
    const inputs = recordings.reduce((sum, recorded) => sum + recorded.request.inputs.length, 0);
    return { answers: recordings.length, inputs, differences };
  } finally {
    await server.close();
  }
}

async function judged(hubspot: HubSpot, recorded: RecordedAnswer): Promise<Verdict | ReadVerdict | null> {
  const request = replayedRequest(recorded);
  if (request === null) return null;
  return request.kind === "write"
    ? hubspot.judge(request.call, await hubspot.write(request.call))
    : hubspot.judgeRead(request.request, await hubspot.read(request.request));
}

function differencesOf(
  recorded: RecordedAnswer,
  verdict: Verdict | ReadVerdict | null,
): readonly Difference[] {
  const answer = recorded.name;
  if (verdict === null) {
    const { method, path } = recorded.request;
    return [
      { answer, input: null, expected: `${method} ${path}`, actual: "no request of ours stands for it" },
    ];
  }
  const rows = recorded.expected.flatMap((expected): readonly Difference[] => {
    const actual = actualOf(verdict, expected.input);
    const isExpected = actual.outcome === expected.outcome;
    const isSame = isExpected
      ? expected.code === undefined || expected.code === actual.code
      : expected.also_ok.includes(actual.outcome);
    const words = [expected.outcome, expected.code].filter((word) => word !== undefined);
    return isSame
      ? []
      : [
          {
            answer,
            input: expected.input,
            expected: words.join(" "),
            actual: `${actual.outcome} ${actual.code ?? ""}`.trim(),
          },
        ];
  });
  return [...rows, ...callDifference(recorded, verdict)];
}

/** Compares what happens to the call as a whole; another treatment that suits every input's `also_ok` is no difference. */
function callDifference(recorded: RecordedAnswer, verdict: Verdict | ReadVerdict): readonly Difference[] {
  const { call } = recorded;
  if (call === undefined) return [];
  const mayDiffer = recorded.expected.every((expected) => {
    const actual = actualOf(verdict, expected.input).outcome;
    return actual !== expected.outcome && expected.also_ok.includes(actual);
  });
  if (mayDiffer) return [];
  const seconds = verdict.kind === "wait" ? verdict.seconds : undefined;
  if (call.action === verdict.kind && (call.wait_s === undefined || call.wait_s === seconds)) return [];
  const said = (action: string, wait: number | undefined) =>
    wait === undefined ? action : `${action} ${wait} s`;
  return [
    {
      answer: recorded.name,
      input: null,
      expected: said(call.action, call.wait_s),
      actual: said(verdict.kind, seconds),
    },
  ];
}

function actualOf(verdict: Verdict | ReadVerdict, input: number): Actual {
  switch (verdict.kind) {
    case "settle":
      return "rows" in verdict ? readOutcome(verdict.rows[input]) : writeOutcome(verdict.outcomes[input]);
    case "split": {
      const told = verdict.outcomes[input];
      return told === null || told === undefined
        ? { outcome: "retry", code: verdict.code }
        : writeOutcome(told);
    }
    case "wait":
      return { outcome: verdict.applied === "maybe" ? "unknown" : "retry", code: verdict.code };
    case "defer":
      return { outcome: "retry", code: verdict.code };
    case "read_back":
      return { outcome: "unknown", code: verdict.code };
    case "stop":
      return { outcome: "stop", code: verdict.stop.reason };
  }
}

function writeOutcome(outcome: Outcome | undefined): Actual {
  if (outcome === undefined) return { outcome: "unknown", code: "NO_OUTCOME" };
  if (outcome.kind === "acknowledged") return { outcome: "acknowledged", code: null };
  return { outcome: outcome.kind === "deferred" ? "retry" : outcome.kind, code: outcome.code };
}

/** Of a read: there, known to be absent (so a create may be sent again), or neither. */
function readOutcome(row: ReadBack | undefined): Actual {
  const outcome = row?.kind === "found" ? "acknowledged" : row?.kind === "absent" ? "retry" : "unknown";
  return { outcome, code: null };
}
