import { setProgress } from "windmill-client";
import type { Progress } from "./sync/push_ports.ts";

/** Writes to the job's log; on stderr, because on the command line stdout has the result of the run alone. */
export const jobLog: Pick<Progress, "waits"> = {
  waits: (line) => void process.stderr.write(`${line}\n`),
};

/**
 * Shows in Windmill how many of `total` rows a step has decided, in percent. One report at a time, and only what is new: a slow server
 * gets few. A report that fails is lost, and nothing else.
 */
export function jobProgress(total: number): Progress {
  let shown = 0;
  let isReporting = false;
  return {
    ...jobLog,
    decided(rows) {
      // Windmill takes 0 to 99; that a job has ended says the rest.
      const percent = Math.min(99, Math.floor((100 * rows) / total));
      if (isReporting || percent <= shown) return;
      isReporting = true;
      setProgress(percent).then(
        () => {
          shown = percent;
          isReporting = false;
        },
        () => {
          isReporting = false;
        },
      );
    },
  };
}
