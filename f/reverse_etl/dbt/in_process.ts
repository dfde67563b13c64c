import type { DbtBackend, DbtRequest, DbtResult } from "./dbt_backend.ts";

/**
 * A back end whose builds run in this process and end with it, so that a repeated step has nothing to find and starts anew. It sees to
 * its own time limit, and what stops the process stops the build.
 */
export function buildInProcess(build: (request: DbtRequest) => Promise<DbtResult>): DbtBackend {
  return {
    timeoutMs: null,
    async start(request) {
      const result = build(request);
      const ended = result.then(
        () => "ended" as const,
        () => "ended" as const,
      );
      return { reference: null, url: null, poll: () => ended, result: () => result, cancel: async () => {} };
    },
  };
}
