import { expect, test } from "vitest";
import { stopOf } from "../../f/reverse_etl/sync/batch_report.ts";

const done = { acknowledged: 1, stopped: null };
const stopped = (code: string, reason: string, message: string) => ({
  acknowledged: 0,
  stopped: { code, reason, message },
});
const unauthorized = stopped("RETL_HUBSPOT_UNAUTHORIZED", "EXPIRED_AUTHENTICATION", "the token has expired");
const down = stopped("RETL_HUBSPOT_UNREACHABLE", "HTTP_503", "server errors in every try");
const lost = { error: { name: "RETL_WAREHOUSE_LOCKED" } };

test("a push whose batches all went through has no reason to fail", () => {
  expect(stopOf([done, done])).toBeNull();
  expect(stopOf([])).toBeNull();
});

test("the batch that was stopped or failed is named with its reason", () => {
  expect(stopOf([done, unauthorized])).toMatchObject({
    code: "RETL_HUBSPOT_UNAUTHORIZED",
    what: "batch 2 stopped (EXPIRED_AUTHENTICATION: the token has expired).",
  });
  expect(stopOf([lost, done])?.what).toBe("batch 1 failed (RETL_WAREHOUSE_LOCKED).");
  expect(stopOf([null])?.what).toBe("batch 1 failed (its iteration gave no report).");
});

test("every batch that did not go through is counted, each reason and each advice once, under the code of the first", () => {
  const told = stopOf([down, lost, down, done, unauthorized, down, down, lost]);
  expect(told).toMatchObject({
    code: "RETL_HUBSPOT_UNREACHABLE",
    what:
      "4 batches (1, 3, 6, …) stopped (HTTP_503: server errors in every try); batches 2 and 8 failed (RETL_WAREHOUSE_LOCKED); " +
      "batch 5 stopped (EXPIRED_AUTHENTICATION: the token has expired).",
  });
  expect(told?.next.match(/status page/g)).toHaveLength(1);
  expect(told?.next).toMatch(/service key/);
  expect(told?.next).toMatch(/iteration/);
});

test("a message stays short however many batches there are", () => {
  expect(stopOf(Array.from({ length: 512 }, () => down))?.what.length).toBeLessThan(100);
});
