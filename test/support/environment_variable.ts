import { startWindmillApi, type WindmillApi } from "../../local/flow_runner/windmill_api.ts";
import type { AtEnd } from "./temporary_folder.ts";

const running = new Map<string, { readonly api: Promise<WindmillApi>; users: number }>();

/**
 * A Windmill whose variable f/reverse_etl/environment has this value (null: there is none). Worlds of one process that agree on it
 * share it, because windmill-client has one address a process.
 */
export async function windmillWith(environment: string | null, atEnd: AtEnd): Promise<WindmillApi> {
  const key = environment ?? "";
  const shared = running.get(key) ?? {
    api: startWindmillApi({ variables: variablesOf(environment), resources: {} }),
    users: 0,
  };
  running.set(key, shared);
  shared.users += 1;
  atEnd(async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    running.delete(key);
    await (await shared.api).close();
  });
  return shared.api;
}

export function variablesOf(environment: string | null): Record<string, string> {
  return environment === null ? {} : { "f/reverse_etl/environment": environment };
}
