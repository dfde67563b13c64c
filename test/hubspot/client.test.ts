import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { parsePropertyDefinitions } from "../../f/reverse_etl/hubspot/property_definitions.ts";
import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import type { WriteCall } from "../../f/reverse_etl/sync/hubspot_port.ts";
import {
  allWritten,
  type Received,
  type Scripted,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted_server.ts";

const TOKEN = "pat-eu1-canary-0123456789";
const CALL: WriteCall = {
  objectType: "2-77",
  action: "upsert",
  inputs: [{ traceId: "t1", id: "k1", idProperty: "ext_id", properties: { city: "Bern", note: "" } }],
};

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function hubspotThat(answer: (request: Received) => Scripted, timeoutMs = 2_000) {
  const server = await startScriptedServer(answer);
  servers.push(server);
  return { server, hubspot: hubspotFromResource({ token: TOKEN, base_url: server.baseUrl }, timeoutMs) };
}

describe("the HubSpot client", () => {
  test("sends one batch request with the token, the trace ids and exactly the values given", async () => {
    const { server, hubspot } = await hubspotThat((request) => allWritten(request));
    const answer = await hubspot.write(CALL);
    expect(answer).toMatchObject({ kind: "answered", status: 200 });
    expect(server.received).toHaveLength(1);
    expect(server.received[0]).toMatchObject({ method: "POST", path: "/crm/v3/objects/2-77/batch/upsert" });
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(server.received[0]?.body).toEqual({
      inputs: [
        { objectWriteTraceId: "t1", id: "k1", idProperty: "ext_id", properties: { city: "Bern", note: "" } },
      ],
    });
  });

  test("reads by unique property and by record id", async () => {
    const { server, hubspot } = await hubspotThat(() => ({ body: { results: [] } }));
    await hubspot.read({
      objectType: "contacts",
      idProperty: "email",
      ids: ["a@b.example"],
      properties: ["city"],
    });
    await hubspot.read({ objectType: "contacts", idProperty: null, ids: ["7"], properties: [] });
    expect(server.received.map(({ body }) => [body.idProperty, body.inputs])).toEqual([
      ["email", [{ id: "a@b.example" }]],
      [undefined, [{ id: "7" }]],
    ]);
  });

  test("hands on status, headers and body of any answer as they came", async () => {
    const { hubspot } = await hubspotThat(() => ({
      status: 477,
      headers: { "Retry-After": "9" },
      body: "<html>",
    }));
    expect(await hubspot.write(CALL)).toMatchObject({
      kind: "answered",
      status: 477,
      body: "<html>",
      headers: { "retry-after": "9" },
    });
  });

  test("never repeats a request by itself", async () => {
    for (const scripted of [{ status: 500 }, { status: 429, body: {} }, { drop: true }]) {
      const { server, hubspot } = await hubspotThat(() => scripted);
      await hubspot.write(CALL);
      expect(server.received).toHaveLength(1);
    }
  });

  test("a timeout aborts the request", async () => {
    const { server, hubspot } = await hubspotThat(
      (request) => ({ ...allWritten(request), delayMs: 250 }),
      50,
    );
    const answer = await hubspot.write(CALL);
    expect(answer).toMatchObject({ kind: "unanswered", reason: "timeout", maybeApplied: true });
    await expect.poll(() => server.aborted()).toBe(1);
  });

  test("a dropped connection may have been applied, a refused one and an unknown host certainly not", async () => {
    const { server, hubspot } = await hubspotThat(() => ({ drop: true }));
    expect(await hubspot.write(CALL)).toMatchObject({ reason: "connection_lost", maybeApplied: true });
    await server.close();
    expect(await hubspot.write(CALL)).toMatchObject({ reason: "not_connected", maybeApplied: false });
    const nowhere = hubspotFromResource({ token: TOKEN, base_url: "https://hubspot.invalid" }, 2_000);
    expect(await nowhere.write(CALL)).toMatchObject({ reason: "not_connected", maybeApplied: false });
  });

  test("a body that breaks off half-way is no answer", async () => {
    const server = createServer((socket) => {
      socket.once("data", () => {
        socket.end(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"results":[',
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const hubspot = hubspotFromResource({ token: TOKEN, base_url: `http://127.0.0.1:${port}` }, 2_000);
    expect(await hubspot.write(CALL)).toMatchObject({ kind: "unanswered", maybeApplied: true });
    server.close();
  });

  test("a redirect is not followed, so the token goes nowhere else", async () => {
    const other = await hubspotThat(() => ({}));
    const { hubspot } = await hubspotThat(() => ({
      status: 307,
      headers: { location: `${other.server.baseUrl}/x` },
    }));
    expect(await hubspot.write(CALL)).toMatchObject({ status: 307 });
    expect(other.server.received).toEqual([]);
  });

  test("the token never appears in an answer or error", async () => {
    const { hubspot } = await hubspotThat(() => ({
      status: 401,
      headers: { "x-echo": `Bearer ${TOKEN}` },
      body: { message: `token ${TOKEN} is wrong`, category: TOKEN },
    }));
    const answer = await hubspot.write(CALL);
    const verdict = hubspot.judge(CALL, answer);
    const seen = [answer, verdict, hubspot]
      .map((thing) => inspect(thing, { depth: 9, showHidden: true }))
      .join();
    expect(seen).not.toContain("canary");
    let thrown: unknown;
    try {
      hubspotFromResource({ token: `${TOKEN}\u00e9\n`, base_url: "https://api.hubapi.com" }, 1);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "RETL_CONFIG" });
    expect(inspect(thrown)).not.toContain("canary");
  });
});

describe("the HubSpot resource", () => {
  const open = (resource: { token: string; base_url?: string }) => () => hubspotFromResource(resource, 1_000);

  test.each([
    "http://api.hubapi.com",
    "https://user:secret@api.hubapi.com",
    "https://api.hubapi.com/proxy",
    "https://api.hubapi.com?x=1",
    "http://127.0.0.1.example.com",
    "http://10.0.0.1",
    "ftp://localhost",
    "api.hubapi.com",
  ])("the token is not sent to %s", (base_url) => {
    expect(open({ token: TOKEN, base_url })).toThrow(expect.objectContaining({ code: "RETL_HUBSPOT_HOST" }));
    expect(open({ token: TOKEN, base_url })).not.toThrow(/secret/);
  });

  test.each([
    "https://api.hubapi.com",
    "https://hubspot.example.com/",
    "http://localhost:1",
    "http://[::1]:1",
    "http://127.0.0.1:1",
  ])("%s is taken", (base_url) => {
    expect(open({ token: TOKEN, base_url })).not.toThrow();
  });

  test("a missing token and an unresolved reference are errors before anything is sent", () => {
    for (const token of ["", "  ", "$var:f/reverse_etl/hubspot_token"]) {
      expect(open({ token })).toThrow(expect.objectContaining({ code: "RETL_CONFIG" }));
    }
    expect(() => hubspotFromResource({} as { token: string }, 1)).toThrow(
      expect.objectContaining({ code: "RETL_CONFIG" }),
    );
  });
});

describe("property definitions", () => {
  test("are read from HubSpot's list, whatever else is in it", async () => {
    const { server, hubspot } = await hubspotThat(() => ({
      body: {
        results: [
          {
            name: "tier",
            type: "enumeration",
            fieldType: "select",
            groupName: "contactinformation",
            options: [{ label: "Gold", value: "gold" }],
            extra: 1,
          },
          { name: "id", type: "string", hasUniqueValue: true, modificationMetadata: { readOnlyValue: true } },
          { type: "nameless" },
        ],
      },
    }));
    const definitions = parsePropertyDefinitions(await hubspot.properties("contacts"));
    expect(server.received[0]).toMatchObject({ method: "GET", path: "/crm/v3/properties/contacts" });
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(definitions).toEqual([
      {
        name: "tier",
        type: "enumeration",
        hasUniqueValue: false,
        readOnly: false,
        calculated: false,
        archived: false,
        fieldType: "select",
        groupName: "contactinformation",
        options: ["gold"],
      },
      {
        name: "id",
        type: "string",
        hasUniqueValue: true,
        readOnly: true,
        calculated: false,
        archived: false,
        fieldType: "",
        groupName: "",
        options: [],
      },
    ]);
  });

  test.each([
    [401, "RETL_HUBSPOT_UNAUTHORIZED"],
    [403, "RETL_HUBSPOT_FORBIDDEN"],
    [404, "RETL_HUBSPOT_REFUSED"],
    [400, "RETL_HUBSPOT_REFUSED"],
    [503, "RETL_HUBSPOT_UNREACHABLE"],
    [429, "RETL_HUBSPOT_UNREACHABLE"],
    [200, "RETL_HUBSPOT_UNREACHABLE"],
  ])("an HTTP %i without a list is %s, never an empty list", async (status, code) => {
    const { hubspot } = await hubspotThat(() => ({ status, body: { status: "error", message: "no" } }));
    const answer = await hubspot.properties("contacts");
    expect(() => parsePropertyDefinitions(answer)).toThrow(expect.objectContaining({ code }));
  });

  test("HubSpot's sentence ends no sentence of ours twice", async () => {
    const message = "Authentication credentials not found. This API supports OAuth 2.0 authentication.";
    const { hubspot } = await hubspotThat(() => ({ status: 401, body: { status: "error", message } }));
    const answer = await hubspot.properties("contacts");
    expect(() => parsePropertyDefinitions(answer)).toThrow(
      /\(HTTP_401\): Authentication credentials not found\. This API supports OAuth … authentication\. No record/,
    );
    const verdict = hubspot.judge({ objectType: "contacts", action: "update", inputs: [] }, answer);
    expect(verdict).toMatchObject({
      kind: "stop",
      stop: { message: expect.stringMatching(/authentication$/) },
    });
  });
});
