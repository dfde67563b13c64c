import { afterEach, describe, expect, it, vi } from "vitest";
import { jobProgress } from "../f/reverse_etl/job_progress.ts";
import { withEnvironment } from "../local/flow_runner/step_environment.ts";
import { startWindmillApi, type WindmillApi } from "../local/flow_runner/windmill_api.ts";
import { changes, push } from "./sync/push_fixture.ts";

const JOB = "5f0d1c9e-0000-4000-8000-000000000001";

let api: WindmillApi | undefined;

afterEach(async () => {
  await api?.close();
  api = undefined;
});

async function windmill(onProgress: (percent: number) => void = () => {}): Promise<WindmillApi> {
  api = await startWindmillApi({
    variables: {},
    resources: {},
    onProgress: (_, percent) => onProgress(percent),
  });
  api.connectClient();
  return api;
}

const asJob = <T>({ env }: WindmillApi, body: () => T) => withEnvironment({ ...env, WM_JOB_ID: JOB }, body);

/** Four calls, one after another, each answered as HubSpot confirms an upsert. */
const pushFourCalls = (total = 400) =>
  push(
    changes(400),
    ({ body }) => ({
      status: 200,
      body: {
        status: "COMPLETE",
        results: (
          body as { inputs: { id: string; objectWriteTraceId: string; properties: object }[] }
        ).inputs.map(({ id, objectWriteTraceId, properties }) => ({
          id: `hs-${id}`,
          new: false,
          objectWriteTraceId,
          properties: { customer_id: id, ...properties },
        })),
      },
    }),
    { sync: { callsInFlight: 1 }, ports: { progress: jobProgress(total) } },
  );

describe("the progress of a push", () => {
  it("reaches Windmill as the share of the batch that has its outcome, and never as done before the job is", async () => {
    const seen: number[] = [];
    const server = await windmill((percent) => seen.push(percent));
    const { summary } = await asJob(server, () => pushFourCalls());
    expect(summary?.acknowledged).toBe(400);
    await vi.waitFor(() => expect(server.progress.get(JOB)).toBeGreaterThan(0));
    expect(seen.every((percent) => [25, 50, 75, 99].includes(percent))).toBe(true);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  it("counts the rows that an earlier attempt decided", async () => {
    const decided: number[] = [];
    await push(changes(3), () => ({ status: 500, body: {} }), {
      decided: new Set([1, 2, 3]),
      ports: { progress: { waits: () => undefined, decided: (rows) => decided.push(rows) } },
    });
    expect(decided).toEqual([]);
    await push(changes(4), () => ({ status: 401, body: {} }), {
      decided: new Set([1, 2, 3]),
      ports: { progress: { waits: () => undefined, decided: (rows) => decided.push(rows) } },
    });
    expect(decided).toEqual([4]);
  });

  it("is lost, and nothing else, when Windmill refuses it or is gone", async () => {
    let refused = 0;
    const server = await windmill(() => {
      refused += 1;
      throw new Error("refused");
    });
    const { summary, error } = await asJob(server, () => pushFourCalls());
    await vi.waitFor(() => expect(refused).toBeGreaterThan(0));
    expect({ error, acknowledged: summary?.acknowledged }).toEqual({ error: null, acknowledged: 400 });

    await server.close();
    const again = await asJob(server, () => pushFourCalls());
    expect({ error: again.error, acknowledged: again.summary?.acknowledged }).toEqual({
      error: null,
      acknowledged: 400,
    });
  });

  it("is reported again after a report that failed", async () => {
    let attempts = 0;
    const server = await windmill(() => {
      attempts += 1;
      if (attempts === 1) throw new Error("refused");
    });
    await asJob(server, async () => {
      const progress = jobProgress(10);
      progress.decided(1);
      await vi.waitFor(() => expect(attempts).toBe(1));
      await vi.waitFor(() => {
        progress.decided(1);
        expect(attempts).toBe(2);
      });
    });
  });

  it("waits for no answer: one report is on its way, and what comes meanwhile is left out", async () => {
    const seen: number[] = [];
    const server = await windmill((percent) => seen.push(percent));
    await asJob(server, async () => {
      const progress = jobProgress(100);
      for (let rows = 1; rows <= 60; rows += 1) progress.decided(rows);
      await vi.waitFor(() => expect(seen).toEqual([1]));
      await vi.waitFor(() => {
        progress.decided(60);
        expect(seen).toEqual([1, 60]);
      });
    });
  });
});
