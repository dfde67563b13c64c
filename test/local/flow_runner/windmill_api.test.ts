import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { getVariable } from "windmill-client";
import { scriptsFromFolder } from "../../../local/flow_runner/resolve_script.ts";
import { runFlow } from "../../../local/flow_runner/run_flow.ts";
import { withEnvironment } from "../../../local/flow_runner/step_environment.ts";
import { startWindmillApi, type WindmillApi } from "../../../local/flow_runner/windmill_api.ts";
import { parallelLoop } from "./flow_of_modules.ts";

const workspace = {
  variables: { "f/example/environment": "staging", "f/example/hubspot_token": "not-a-real-token" },
  resources: { "f/example/hubspot": { token: "$var:f/example/hubspot_token", host: null } },
};

let api: WindmillApi | undefined;

async function start(): Promise<WindmillApi> {
  api = await startWindmillApi(workspace);
  api.connectClient();
  return api;
}

afterEach(async () => {
  await api?.close();
  api = undefined;
});

describe("the local Windmill API, through the real windmill-client", () => {
  it("a variable that does not exist is a 404 as on Windmill", async () => {
    const { env, url } = await start();
    await expect(withEnvironment(env, () => getVariable("f/example/nothing_here"))).rejects.toThrow(
      "Variable not found at f/example/nothing_here or not visible to you: Not found: Variable f/example/nothing_here not found",
    );
    const headers = { authorization: `Bearer ${env.WM_TOKEN}` };
    const response = await fetch(`${url}/api/w/local/variables/get_value/f/example/nothing_here`, {
      headers,
    });
    expect([response.status, await response.text()]).toEqual([
      404,
      "Not found: Variable f/example/nothing_here not found",
    ]);
  });

  it("answers nobody without its token", async () => {
    const { url } = await start();
    const response = await fetch(`${url}/api/w/local/variables/get_value/f/example/environment`);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("staging");
  });

  it("serves each of the concurrent steps of a flow under its own job", async () => {
    const server = await start();
    const input_transforms = { wait: { type: "javascript", expr: "flow_input.iter.value" } };
    const inner = {
      id: "read",
      value: { type: "script", path: "f/example/read_environment", input_transforms },
    };
    const run = await runFlow(
      { modules: [parallelLoop("[9,3,6]", [inner])] },
      {},
      {
        ...workspace,
        scripts: scriptsFromFolder(fileURLToPath(new URL("./workspace", import.meta.url))),
        environment: server.env,
        onEvent: server.observe,
      },
    );
    const same = {
      step: "read",
      sameRoot: true,
      ownFlow: true,
      environment: "staging",
      hubspot: { token: "not-a-real-token", host: null },
      progress: 41,
      job: expect.any(String),
    };
    expect(run.result).toEqual([same, same, same]);
    const jobs = (run.result as { job: string }[]).map(({ job }) => job);
    expect(new Set(jobs).size).toBe(3);
    expect([...server.progress.keys()].sort()).toEqual([...jobs].sort());
  });

  it("leaves the process's own environment as it was", async () => {
    const { env } = await start();
    const inside = withEnvironment(env, () => [process.env.WM_WORKSPACE, { ...process.env }.WM_WORKSPACE]);
    expect(inside).toEqual(["local", "local"]);
    expect([process.env.WM_WORKSPACE, { ...process.env }.WM_WORKSPACE]).toEqual([undefined, undefined]);
    expect(process.env.PATH).toBeDefined();
  });
});
