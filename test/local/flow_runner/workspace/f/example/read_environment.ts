import { getProgress, getResource, getRootJobId, getVariable, setProgress } from "windmill-client";

/** Reads what a job finds on Windmill: its environment, a variable, a resource. */
export async function main(wait: number) {
  await new Promise((resolve) => setTimeout(resolve, wait));
  await setProgress(41.7);
  return {
    step: process.env.WM_FLOW_STEP_ID,
    sameRoot: (await getRootJobId()) === process.env.WM_ROOT_JOB_ID,
    ownFlow: process.env.WM_FLOW_JOB_ID !== process.env.WM_ROOT_JOB_ID,
    job: process.env.WM_JOB_ID,
    environment: await getVariable("f/example/environment"),
    hubspot: await getResource("f/example/hubspot"),
    progress: await getProgress(),
  };
}
