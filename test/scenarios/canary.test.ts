import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FlowEvent } from "../../local/flow_runner/flow_run.ts";
import { canary, leaksOf, plainCanary } from "../support/canary.ts";
import { capturedOutput } from "../support/captured_output.ts";
import { errorOf, type FlowWorld, flowWorld } from "../support/flow_world.ts";
import { contacts, persons } from "../support/people_sync.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const TABLES = [
  "people_sync",
  "people_sync_journal",
  "people_sync_rejections",
  "people_sync_lease",
  "people_sync_state",
  "retl_runs",
  "asset_events",
];

/** An HTTP server that repeats whatever it was sent, headers included, under a status. */
async function echoServer(status: number, wrap: (said: string) => unknown): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const said = `${incoming.url} ${JSON.stringify(incoming.headers)} ${Buffer.concat(chunks).toString("utf8")}`;
    outgoing
      .writeHead(status, {
        "content-type": "application/json",
        "x-echo": encodeURIComponent(said).slice(0, 4_000),
      })
      .end(JSON.stringify(wrap(said)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs the flow with these resources in place of its own; gives its error's code and everything that it left anywhere. */
async function runWith(world: FlowWorld, resources: Readonly<Record<string, object>>) {
  const events: FlowEvent[] = [];
  let run: Awaited<ReturnType<FlowWorld["run"]>> | undefined;
  const written = await capturedOutput(async () => {
    run = await world.run({ resources, onEvent: (event) => events.push(event) });
  });
  const rows: string[] = [];
  for (const table of TABLES) rows.push(JSON.stringify(await world.sql(`select * from retl.${table}`)));
  const code = run === undefined ? null : errorOf(run)?.name;
  return { code, texts: [...written, JSON.stringify([run, events]), ...rows] };
}

async function worldWithPeople() {
  const world = await flowWorld({ sync: contacts() });
  await world.people(persons(3));
  return world;
}

const PLACE = { account_identifier: "org-account", warehouse: "WH", database: "DB", username: "svc" };

describe("a secret of a resource is nowhere that anybody could read it", () => {
  it("is found in whatever form it leaks, so that the claims below can fail", () => {
    const secret = canary();
    const forms = [
      secret,
      JSON.stringify({ secret }),
      encodeURIComponent(secret),
      Buffer.from(`a:${secret}`).toString("base64"),
    ];
    for (const form of [...forms, `…${secret.slice(3, 15)}…`])
      expect(leaksOf({ secret }, [form])).toHaveLength(1);
    expect(leaksOf({ secret }, ["nothing of it", secret.slice(0, 11)])).toEqual([]);
  });

  it.each([401, 403, 500])("HubSpot's token, where HubSpot repeats it under a %i", async (status) => {
    const token = plainCanary();
    const base_url = await echoServer(status, (said) => ({ status: "error", category: "X", message: said }));
    const { code, texts } = await runWith(await worldWithPeople(), {
      "f/reverse_etl/hubspot": { token, base_url },
    });
    expect(code).toMatch(/^RETL_HUBSPOT_/);
    expect(leaksOf({ token }, texts)).toEqual([]);
  });

  const passphrase = plainCanary();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const open = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const locked = privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase,
  }) as string;
  const bodyOf = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, "");
  const token = plainCanary();

  it.each([
    ["private_key", { private_key: open }, { key: bodyOf(open) }],
    [
      "encrypted private_key",
      { private_key: locked, private_key_passphrase: passphrase },
      { key: bodyOf(open), locked: bodyOf(locked), passphrase },
    ],
    ["private_key that is cut", { private_key: open.slice(0, 900) }, { key: bodyOf(open) }],
    ["OAuth token", { token }, { token }],
    ["programmatic access token", { programmatic_access_token: token }, { token }],
    ["password", { password: token }, { token }],
  ])(
    "Snowflake's %s, where the account refuses it and repeats it, and where it is not Snowflake at all",
    async (_, credential, secrets) => {
      const world = await worldWithPeople();
      const refuses = await echoServer(200, (said) => ({
        success: false,
        code: "390100",
        message: said,
        data: {},
      }));
      const stranger = await echoServer(404, (said) => said);
      const codes: unknown[] = [];
      for (const access_url of [refuses, stranger]) {
        const { code, texts } = await runWith(world, {
          "f/reverse_etl/snowflake": { ...PLACE, ...credential, access_url },
        });
        codes.push(code);
        expect(leaksOf(secrets, texts)).toEqual([]);
      }
      for (const code of codes) expect(code).toMatch(/^RETL_(WAREHOUSE_|CONFIG)/);
    },
  );

  it("the dbt platform's token, where the platform repeats it", async () => {
    const dbtToken = plainCanary();
    const variable = plainCanary();
    const base_url = await echoServer(401, (said) => ({ status: { user_message: said } }));
    const { code, texts } = await runWith(await worldWithPeople(), {
      "f/reverse_etl/dbt": {
        backend: "dbt_platform",
        base_url,
        account_id: 1,
        job_id: 2,
        token: dbtToken,
        vars: { variable },
      },
    });
    expect(code).toMatch(/^RETL_DBT_/);
    expect(leaksOf({ dbtToken, variable }, texts)).toEqual([]);
  });

  it.each([
    [
      "in its log as an error of the statement",
      `{"info":{"level":"error","msg":"Binder Error: no column $1"}}`,
      "",
    ],
    [
      "in its log as a missing variable",
      `{"info":{"level":"error","msg":"Env var required but not provided: $1"}}`,
      "",
    ],
    ["as the last line of a crash", "", "ConnectionError: could not log in with $1"],
  ])("what dbt is given as variables, where dbt tells it %s", async (_, stdout, stderr) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "project"));
    writeFileSync(join(folder, "project", "dbt_project.yml"), "name: shop\n");
    const tell = (text: string) => text.replaceAll('"', '\\"').replaceAll("$1", "$SECRET $VARIABLE");
    // The variable is passed as JSON, which a shell cannot read.
    const executable = join(folder, "dbt");
    const script = `#!/bin/sh\nVARIABLE=$(echo "$*" | sed 's/.*"variable":"\\([0-9a-f]*\\)".*/\\1/')\n`;
    writeFileSync(executable, `${script}echo "${tell(stdout)}"\necho "${tell(stderr)}" >&2\nexit 2\n`);
    chmodSync(executable, 0o755);
    const password = plainCanary();
    const variable = plainCanary();
    const { code, texts } = await runWith(await worldWithPeople(), {
      "f/reverse_etl/dbt": {
        backend: "command_line",
        executable,
        project_dir: join(folder, "project"),
        environment: { SECRET: password },
        vars: { variable },
      },
    });
    expect(code).toMatch(/^RETL_DBT_/);
    // That dbt did tell: without its secrets, the rest of its words is there.
    expect(texts.join()).toMatch(/no column|Env var required|could not log in/);
    expect(leaksOf({ password, variable }, texts)).toEqual([]);
  });

  it("Windmill's dbt: the variables of its script, where Windmill has no such script", async () => {
    const variable = plainCanary();
    const { code, texts } = await runWith(await worldWithPeople(), {
      "f/reverse_etl/dbt": { backend: "windmill_dbt", path: "f/dbt/shop", vars: { variable } },
    });
    expect(code).toMatch(/^RETL_/);
    expect(leaksOf({ variable }, texts)).toEqual([]);
  });

  it("a run that succeeds keeps the token that it used to itself", async () => {
    const hubspotToken = plainCanary();
    const world = await flowWorld({ sync: contacts(), simulator: { tokens: [{ token: hubspotToken }] } });
    await world.people(persons(3));
    const { code, texts } = await runWith(world, {
      "f/reverse_etl/hubspot": { token: hubspotToken, base_url: world.hubspot.url },
    });
    expect(code).toBeUndefined();
    expect(await world.writeCalls()).toBe(1);
    expect(leaksOf({ hubspotToken }, texts)).toEqual([]);
  });
});
