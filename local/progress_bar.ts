import { SingleBar } from "cli-progress";
import type { createColors } from "picocolors";

/** A bar on a terminal that goes away when it is stopped; `told` is what stands behind it, with cli-progress's placeholders. */
export function progressBar(
  stream: NodeJS.WriteStream,
  colors: ReturnType<typeof createColors>,
  told: string,
): SingleBar {
  return new SingleBar({
    stream,
    format: `${colors.cyan("{bar}")} ${told}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: true,
  });
}
