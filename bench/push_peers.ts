import { Client } from "@hubspot/api-client";
import { batchChanges } from "../f/reverse_etl/sync/changes.ts";
import { SyncSession } from "../f/reverse_etl/sync/sync_session.ts";
import { withWarehouse } from "../f/reverse_etl/warehouse/open_warehouse.ts";
import type { PushWork } from "./push_work.ts";

interface Input {
  readonly id: string;
  readonly idProperty: string;
  readonly properties: Record<string, string>;
}

const CALL = 100;

/** The article waits so long after HubSpot refused a call for its rate. */
const HOOK_SLEEP_MS = 10_000;

/** The limiter that the client documents, and as many of its retries as it takes. */
const SDK_OPTIONS = { limiterOptions: { minTime: 1000 / 9, maxConcurrent: 6 }, numberOfApiCallRetries: 6 };

/** Calls that are asked of the client at once, so that its limiter and not we decide what is in flight. */
const SDK_CALLS_AHEAD = 16;

/** Pushes the batch as the article's hook does: one call at a time, and ten seconds of sleep on a limit. */
export function pushWithSeedHook(work: PushWork): Promise<void> {
  const url = `${work.hubspot.base_url}/crm/v3/objects/contacts/batch/upsert`;
  return eachCall(work, async (inputs) => {
    for (;;) {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${work.hubspot.token}`, "content-type": "application/json" },
        body: JSON.stringify({ inputs }),
      });
      await response.text();
      // The article looks for "rate limit" in the error's text, which has "Too Many Requests" there; what it means is taken here.
      if (response.status !== 429) return;
      await new Promise((resolve) => setTimeout(resolve, HOOK_SLEEP_MS));
    }
  });
}

/** Pushes the batch through HubSpot's client with its own limiter and its own retries. */
export async function pushWithSdkLimiter(work: PushWork): Promise<void> {
  const client = new Client({
    accessToken: work.hubspot.token,
    basePath: work.hubspot.base_url,
    ...SDK_OPTIONS,
  });
  const running = new Set<Promise<void>>();
  await eachCall(work, async (inputs) => {
    const call = client.crm.contacts.batchApi.upsert({ inputs }).then(
      () => undefined,
      // Its retries are used up: the rows are lost to this run, and the next call goes out.
      () => undefined,
    );
    running.add(call);
    void call.then(() => running.delete(call));
    if (running.size >= SDK_CALLS_AHEAD) await Promise.race(running);
  });
  await Promise.all(running);
}

/** Hands over the batch's changes as the inputs of one call after another. */
async function eachCall(work: PushWork, call: (inputs: Input[]) => Promise<void>): Promise<void> {
  const idProperty = work.sync.config.match_property ?? "";
  await withWarehouse(work.warehouse, { run_id: work.run_id, step: work.pusher }, async (warehouse) => {
    const session = new SyncSession(warehouse, work.sync);
    let inputs: Input[] = [];
    for await (const changes of batchChanges(session, work.run_id, work.batch, { perSecond: 0 })) {
      for (const { id, payload } of changes) {
        inputs.push({ id, idProperty, properties: { ...payload } });
        if (inputs.length < CALL) continue;
        await call(inputs);
        inputs = [];
      }
    }
    if (inputs.length > 0) await call(inputs);
  });
}
