import type { Job } from "../../f/asset_graph/job.ts";
import type { TextStream } from "./printer.ts";

/** All that a command has of the process around it, so that a test can run one without a process. */
export interface Surroundings {
  /** The root of the repository, where Windmill's paths start. */
  readonly root: string;
  /** Where `tailrace.resources.yaml` is looked for, and what paths of the command line are relative to. */
  readonly cwd: string;
  /** Where `$env:NAME` is looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextStream;
  readonly stderr: TextStream & Partial<NodeJS.WriteStream>;
  /** The jobs that are declared. */
  readonly jobs: () => Promise<readonly Job[]>;
}
