import { expect, test } from "vitest";
import { judgeAssociations } from "../../f/reverse_etl/hubspot/association_answer.ts";
import {
  judgeAssociated,
  judgeAssociationLabels,
} from "../../f/reverse_etl/hubspot/association_read_answer.ts";
import type { AssociationCall } from "../../f/reverse_etl/sync/association_port.ts";
import type { HubSpotAnswer } from "../../f/reverse_etl/sync/hubspot_port.ts";

const TYPE = { category: "USER_DEFINED", typeId: "17", label: "Advisor" };

function create(...pairs: [string, string][]): AssociationCall {
  return {
    action: "create",
    fromType: "contacts",
    toType: "companies",
    pairs: pairs.map(([from, to]) => ({ from, to })),
    type: TYPE,
  };
}

const archive = (...pairs: [string, string][]): AssociationCall => {
  const { fromType, toType, pairs: all } = create(...pairs);
  return { action: "archive", fromType, toType, pairs: all };
};

function answered(status: number, body?: unknown): HubSpotAnswer {
  const text = body === undefined ? "" : JSON.stringify(body);
  return { kind: "answered", status, headers: {}, body: text, latencyMs: 1 };
}

const result = (from: number, to: number, labels: string[] = ["Advisor"]) => ({
  fromObjectTypeId: "0-1",
  fromObjectId: from,
  toObjectTypeId: "0-2",
  toObjectId: to,
  labels,
});
const kinds = (verdict: ReturnType<typeof judgeAssociations>) =>
  verdict.kind === "settle" ? verdict.outcomes.map((outcome) => outcome.kind) : verdict.kind;
const notFound = (context: object) => ({
  status: "error",
  category: "OBJECT_NOT_FOUND",
  message: "Company with ID 9000 not found",
  context,
});

test("a pair with a result is acknowledged, whether the batch is answered 201, 200 or 207", () => {
  for (const status of [200, 201, 207]) {
    const answer = answered(status, { status: "COMPLETE", results: [result(1, 2)] });
    expect(kinds(judgeAssociations(create(["1", "2"]), answer))).toEqual(["acknowledged"]);
  }
});

test("a pair without a result is unknown: an empty 2xx acknowledges nothing", () => {
  const call = create(["1", "2"], ["3", "4"]);
  expect(
    kinds(judgeAssociations(call, answered(201, { status: "COMPLETE", results: [result(1, 2)] }))),
  ).toEqual(["acknowledged", "unknown"]);
  expect(kinds(judgeAssociations(call, answered(201)))).toEqual(["unknown", "unknown"]);
});

test("a result of the opposite direction or of another pair confirms nothing", () => {
  const answer = answered(201, { status: "COMPLETE", results: [result(2, 1), result(1, 3)] });
  expect(kinds(judgeAssociations(create(["1", "2"]), answer))).toEqual(["unknown"]);
});

test("a result that shows other labels than the one that was set is not an acknowledgement", () => {
  const answer = answered(201, { status: "COMPLETE", results: [result(1, 2, ["Billing"])] });
  expect(judgeAssociations(create(["1", "2"]), answer)).toMatchObject({
    outcomes: [{ kind: "unknown", code: "LABEL_NOT_CONFIRMED" }],
  });
});

test("errors of a 207 reject the pairs that they name by one side or both, without the ids in their messages", () => {
  const call = create(["1", "2"], ["3", "9000"], ["5", "2"], ["5", "6"]);
  const errors = [notFound({ toObjectId: ["9000"] }), notFound({ fromObjectId: ["5"], toObjectId: ["6"] })];
  const answer = answered(207, {
    status: "COMPLETE",
    results: [result(1, 2), result(5, 2)],
    numErrors: 2,
    errors,
  });
  const verdict = judgeAssociations(call, answer);
  expect(kinds(verdict)).toEqual(["acknowledged", "rejected", "acknowledged", "rejected"]);
  expect(JSON.stringify(verdict)).not.toContain("9000");
});

test("an error that names no pair makes those without a result go out again, until one is alone and its refusal its own", () => {
  const errors = [{ status: "error", category: "VALIDATION_ERROR", message: "limit exceeded", context: {} }];
  const body = { status: "COMPLETE", results: [result(1, 2)], errors };
  expect(judgeAssociations(create(["1", "2"], ["3", "4"]), answered(207, body))).toMatchObject({
    kind: "split",
    outcomes: [{ kind: "acknowledged" }, null],
  });
  expect(judgeAssociations(create(["3", "4"]), answered(207, { ...body, results: [] }))).toMatchObject({
    kind: "settle",
    outcomes: [{ kind: "rejected", code: "VALIDATION_ERROR" }],
  });
});

test("a refused batch is cut, and a refused pair is rejected", () => {
  const body = { status: "error", category: "VALIDATION_ERROR", message: "no" };
  expect(judgeAssociations(create(["1", "2"], ["3", "4"]), answered(400, body))).toMatchObject({
    kind: "split",
    outcomes: [null, null],
  });
  expect(kinds(judgeAssociations(create(["1", "2"]), answered(400, body)))).toEqual(["rejected"]);
});

test("a pair that is confirmed and refused at once is unknown", () => {
  const answer = answered(207, {
    status: "COMPLETE",
    results: [result(1, 2)],
    errors: [notFound({ fromObjectId: ["1"] })],
  });
  expect(judgeAssociations(create(["1", "2"]), answer)).toMatchObject({
    outcomes: [{ kind: "unknown", code: "CONTRADICTORY_ANSWER" }],
  });
});

test("a batch that is not complete acknowledges no removal", () => {
  expect(kinds(judgeAssociations(archive(["1", "2"]), answered(200, { status: "PENDING" })))).toEqual([
    "unknown",
  ]);
  expect(kinds(judgeAssociations(archive(["1", "2"]), answered(204)))).toEqual(["acknowledged"]);
});

test("a removal is acknowledged by HubSpot's 204 or its word that the batch is complete, not by any 2xx", () => {
  const html: HubSpotAnswer = {
    kind: "answered",
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<html>Please sign in</html>",
    latencyMs: 1,
  };
  const call = archive(["1", "2"], ["3", "4"]);
  for (const answer of [html, answered(200), answered(202, {})]) {
    expect(kinds(judgeAssociations(call, answer))).toEqual(["unknown", "unknown"]);
  }
  for (const answer of [answered(204), answered(200, { status: "COMPLETE", results: [] })]) {
    expect(kinds(judgeAssociations(call, answer))).toEqual(["acknowledged", "acknowledged"]);
  }
});

test("an association of a record that is not there needs no removal", () => {
  const gone = { status: "error", category: "OBJECT_NOT_FOUND", message: "resource not found" };
  expect(kinds(judgeAssociations(archive(["1", "2"]), answered(404, gone)))).toEqual(["acknowledged"]);
  expect(kinds(judgeAssociations(create(["1", "2"]), answered(404, gone)))).toEqual(["rejected"]);
});

test("limits, silence and refused tokens are what they are for every other call", () => {
  const call = create(["1", "2"]);
  expect(judgeAssociations(call, answered(429, { policyName: "DAILY", message: "" })).kind).toBe("defer");
  expect(judgeAssociations(call, answered(502)).kind).toBe("wait");
  expect(
    judgeAssociations(call, answered(401, { category: "INVALID_AUTHENTICATION", message: "" })).kind,
  ).toBe("stop");
});

const request = { fromType: "contacts", toType: "companies", inputs: [{ id: "1" }, { id: "2" }] };

test("a read tells a record with associations from one without, and both from one it says nothing of", () => {
  const errors = [
    {
      category: "OBJECT_NOT_FOUND",
      subCategory: "crm.associations.NO_ASSOCIATIONS_FOUND",
      message: "No company is associated with contact 2.",
      context: { fromObjectId: ["2"] },
    },
  ];
  const types = [{ category: "HUBSPOT_DEFINED", typeId: 279, label: null }];
  const results = [
    { from: { id: "1" }, to: [{ toObjectId: 7, associationTypes: types }], paging: { next: { after: "x" } } },
  ];
  const verdict = judgeAssociated(request, answered(207, { status: "COMPLETE", results, errors }));
  if (verdict.kind !== "settle") throw new Error(verdict.kind);
  const [one, two] = verdict.records;
  expect(one).toMatchObject({ kind: "found", after: "x" });
  expect(one?.kind === "found" && one.types.get("7")).toEqual([
    { category: "HUBSPOT_DEFINED", typeId: "279", label: null },
  ]);
  expect(two).toEqual({ kind: "none" });
  const silent = judgeAssociated(request, answered(200, { status: "COMPLETE", results: [] }));
  expect(silent).toMatchObject({ records: [{ kind: "unknown" }, { kind: "unknown" }] });
});

test("labels are read with and without a name, and an answer of another shape is asked for again", () => {
  const results = [
    { category: "HUBSPOT_DEFINED", typeId: 279, label: null },
    { category: "USER_DEFINED", typeId: 17, label: "Advisor" },
  ];
  expect(judgeAssociationLabels(answered(200, { results }))).toMatchObject({
    types: [{ typeId: "279" }, { label: "Advisor" }],
  });
  expect(judgeAssociationLabels(answered(200, "<html>")).kind).toBe("wait");
  expect(judgeAssociationLabels(answered(400, { category: "VALIDATION_ERROR", message: "no" })).kind).toBe(
    "stop",
  );
});

test("a pair that is named with a limit is deferred, with trouble of HubSpot's own unknown: neither refuses the pair", () => {
  for (const [category, kind, code] of [
    ["RATE_LIMITS", "deferred", "RATE_LIMIT"],
    ["SERVICE_UNAVAILABLE", "unknown", "INTERNAL_ERROR"],
  ]) {
    const error = { category, message: "no", context: { fromObjectId: ["3"], toObjectId: ["4"] } };
    const answer = answered(207, { status: "COMPLETE", results: [result(1, 2)], errors: [error] });
    const verdict = judgeAssociations(create(["1", "2"], ["3", "4"]), answer);
    expect(verdict).toMatchObject({ kind: "settle", outcomes: [{ kind: "acknowledged" }, { kind, code }] });
  }
});
