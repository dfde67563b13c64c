import { createColors } from "picocolors";
import type { FlowModule, OpenFlow } from "../../f/asset_graph/openflow.ts";
import type { FlowEvent } from "../flow_runner/flow_run.ts";
import { progressBar } from "../progress_bar.ts";
import type { Surroundings } from "./surroundings.ts";

/** Shows what a run does while it does it: a bar on a terminal, one line a step anywhere else. */
export interface RunProgress {
  onEvent(event: FlowEvent): void;
  /** Takes the bar away, whatever happened. */
  close(): void;
}

/** Progress goes to stderr, so that stdout has the result alone. */
export function showProgress({ stderr }: Surroundings, flow: OpenFlow): RunProgress {
  const summaries = new Map(
    [...flow.value.modules, ...(flow.value.failure_module ? [flow.value.failure_module] : [])].flatMap(
      summariesOf,
    ),
  );
  return stderr.isTTY === true ? bar(stderr as NodeJS.WriteStream, summaries) : lines(stderr, summaries);
}

/** The id of a failure step is `failure` and the place of the iteration that it belongs to. */
function summaryOf(summaries: ReadonlyMap<string, string>, id: string): string {
  return summaries.get(id) ?? summaries.get(id.replace(/^failure-.*$/, "failure")) ?? id;
}

function lines(stderr: Surroundings["stderr"], summaries: ReadonlyMap<string, string>): RunProgress {
  const told = new Set<string>();
  return {
    onEvent(event) {
      if (event.kind === "retry_planned") {
        stderr.write(`${summaryOf(summaries, event.moduleId)}: again in ${event.delaySeconds} s\n`);
      }
      if (event.kind !== "job_started" || told.has(event.moduleId)) return;
      told.add(event.moduleId);
      stderr.write(`${summaryOf(summaries, event.moduleId)}\n`);
    },
    close: () => {},
  };
}

function bar(stream: NodeJS.WriteStream, summaries: ReadonlyMap<string, string>): RunProgress {
  const colors = createColors(process.env.NO_COLOR === undefined || process.env.NO_COLOR === "");
  const shown = progressBar(stream, colors, "{batches} · {step}");
  // Several syncs push at the same time, and each tells of its own loop.
  const loops = new Map<string, { finished: number; iterations: number }>();
  const batches = () => {
    const all = [...loops.values()];
    const finished = all.reduce((sum, loop) => sum + loop.finished, 0);
    const iterations = all.reduce((sum, loop) => sum + loop.iterations, 0);
    return {
      finished,
      iterations,
      text: iterations === 0 ? "no batches yet" : `${finished}/${iterations} batches`,
    };
  };
  const update = (step?: string) => {
    const { finished, iterations, text } = batches();
    shown.setTotal(Math.max(1, iterations));
    shown.update(finished, { batches: text, ...(step === undefined ? {} : { step }) });
  };
  shown.start(1, 0, { batches: "", step: "" });
  return {
    onEvent(event) {
      if (event.kind === "loop_started")
        loops.set(event.moduleId, { finished: 0, iterations: event.iterations });
      if (event.kind === "iteration_finished") loops.set(event.moduleId, event);
      update(event.kind === "job_started" ? summaryOf(summaries, event.moduleId) : undefined);
    },
    close: () => shown.stop(),
  };
}

function summariesOf(module: FlowModule): readonly (readonly [id: string, summary: string])[] {
  const { id, summary, value } = module;
  return [[id, summary] as const, ...innerModules(value).flatMap(summariesOf)];
}

function innerModules(value: FlowModule["value"]): readonly FlowModule[] {
  switch (value.type) {
    case "forloopflow":
      return value.modules;
    case "branchone":
      return [...value.branches.flatMap(({ modules }) => modules), ...value.default];
    case "branchall":
      return value.branches.flatMap(({ modules }) => modules);
    default:
      return [];
  }
}
