import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The article's change detection over its own copy of the same data. */
export interface SeedProcess {
  /** Changes the source as ours is changed in this run, and answers the seconds that detecting it took. */
  run(run: number): Promise<number>;
  stop(): void;
}

/**
 * Starts it in a process of its own: it takes gigabytes, and giving them back takes tens of milliseconds, which whatever is timed next in
 * the same process would pay for.
 */
export async function startSeed(folder: string, rows: number): Promise<SeedProcess> {
  const child = fork(
    join(import.meta.dirname, "seed_worker.ts"),
    [join(folder, "seed.duckdb"), String(rows)],
    {
      execArgv: ["--import", import.meta.resolve("tsx")],
    },
  );
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the process of the article's SQL ended with ${code}`);
  });
  // Whoever waits for an answer sees it; an end that nobody waits for is the benchmark's own.
  ended.catch(() => undefined);
  const answer = async (): Promise<unknown> => (await Promise.race([once(child, "message"), ended]))[0];
  await answer();
  return {
    async run(run) {
      child.send(run);
      return Number(await answer());
    },
    stop: () => child.kill(),
  };
}
