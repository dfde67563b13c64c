import { randomUUID } from "node:crypto";

/**
 * The id of the whole run: the topmost job's, which every step and every restart of a step shares. Only the opening step asks;
 * the others are handed it, because in a loop iteration Windmill's variables name the iteration's own job.
 */
export function currentRunId(environment: Readonly<Record<string, string | undefined>>): string {
  return environment.WM_ROOT_JOB_ID || environment.WM_FLOW_JOB_ID || environment.WM_JOB_ID || randomUUID();
}
