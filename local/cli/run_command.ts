import { nodeOf } from "../../f/asset_graph/asset_node.ts";
import { jobContext } from "../../f/asset_graph/job_context.ts";
import { selectAssets } from "../../f/asset_graph/selection.ts";
import { SelectionError } from "../../f/asset_graph/selection_parser.ts";
import { associationsOf } from "../../f/reverse_etl/report/association_report.ts";
import type { AssociationReport } from "../../f/reverse_etl/sync/association_run.ts";
import { hasCode } from "../../f/reverse_etl/sync/error.ts";
import { putOffFor, readFigures } from "../../f/reverse_etl/sync/run_figures.ts";
import { type RunState, readStanding } from "../../f/reverse_etl/sync/run_standing.ts";
import { type RunRecord, readRun } from "../../f/reverse_etl/sync/runs.ts";
import type { SyncSession } from "../../f/reverse_etl/sync/sync_session.ts";
import { type CompiledJob, FOLDER } from "../build/compile_flows.ts";
import type { FlowRun } from "../flow_runner/flow_run.ts";
import { isRecord } from "../flow_runner/job_result.ts";
import { approvalLine } from "./approval_line.ts";
import { CliError, type Failure, failureOf } from "./cli_error.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import { migrateHint } from "./migrate_hint.ts";
import { durationText } from "./printer.ts";
import { type DeclaredSync, findJob, loadProject, syncsOf } from "./project.ts";
import { flowFailure, needsOf, type RunListener, runCompiledFlow } from "./run_compiled_flow.ts";
import { showProgress } from "./run_progress.ts";
import { runText } from "./run_text.ts";
import type { Surroundings } from "./surroundings.ts";
import { withSync } from "./sync_session.ts";
import { ENVIRONMENT, type OpenWorkspace, type WorkspaceOptions, withWorkspace } from "./workspace.ts";

/** The parameters of a run, as Windmill's form has them. */
export interface RunOptions extends WorkspaceOptions {
  readonly select?: string;
  readonly approve?: string;
  readonly resync?: string;
  readonly dbtFullRefresh?: boolean;
  readonly dryRun?: boolean;
}

/** A run as `retl_runs` has it, and how it ended. */
export interface RunResult extends Omit<RunRecord, "status"> {
  readonly status: RunState;
  /** Why rows were not sent, once each. */
  readonly putOffFor: readonly string[];
}

/** What one run left in `retl_runs`, by sync; a sync that the run did not reach is not among them. */
export type RunRecords = readonly (readonly [sync: string, record: RunResult])[];

/** Runs a job's compiled flow on this machine. */
export async function runCommand(
  surroundings: Surroundings,
  name: string,
  options: RunOptions,
): Promise<CommandResult> {
  const job = findJob(await loadProject(surroundings), name);
  const selected = selectedSyncs(job, options.select);
  if (options.approve !== undefined && selected.length !== 1) {
    throw new CliError(
      "CLI_USAGE",
      `A plan belongs to one sync, and this run would compute ${selected.length}: add --select with the sync's key.`,
    );
  }
  return withWorkspace(surroundings, options, needsOf(job.flow), async (open) => {
    const started = performance.now();
    const stepErrors = new Map<string, string>();
    const associations = new Map<string, AssociationReport>();
    const run = await runJob(surroundings, job, argumentsOf(options), open, {
      onResult(path, { sync }, result) {
        const report = path.endsWith("/associate") && isRecord(sync) ? associationsOf(result) : null;
        if (report !== null && isRecord(sync)) associations.set(String(sync.key), report);
      },
      onFailure: (path, error) => stepErrors.set(`${path} ${failureOf(error).code}`, stepError(path, error)),
    });
    const records = await readRecords(open, selected, run.jobId);
    const failure = failureOfRun(run, records, { job, resync: options.resync, open });
    const milliseconds = performance.now() - started;
    const notPushed = notPushedBecause(run, job, open);
    return {
      exit: failure?.exit ?? EXIT.fine,
      document: {
        job: job.job.name,
        run_id: run.jobId,
        success: run.success,
        not_pushed: notPushed,
        seconds: Math.round(milliseconds / 100) / 10,
        windmill_jobs: run.jobs,
        syncs: records.map(([sync, { planId, ...record }]) => {
          const report = associations.get(sync);
          return {
            sync,
            plan_id: planId,
            ...record,
            ...(report === undefined ? {} : { associations: report }),
          };
        }),
        ...(failure === null
          ? {}
          : {
              error: { code: failure.code, message: failure.message.trim() },
              step_errors: [...stepErrors.values()],
            }),
      },
      text: (printer) =>
        runText(printer, {
          job,
          run,
          records,
          associations,
          failure,
          notPushed,
          stepErrors: [...stepErrors.values()],
          took: durationText(milliseconds),
          resync: options.resync,
          flags: open.flags,
        }),
    };
  });
}

/** Runs a job with a progress bar; a failed flow is not thrown. */
export async function runJob(
  surroundings: Surroundings,
  { flow }: CompiledJob,
  args: Readonly<Record<string, unknown>>,
  { workspace }: Pick<OpenWorkspace, "workspace">,
  listener: Pick<RunListener, "onResult" | "onFailure"> = {},
): Promise<FlowRun> {
  const progress = showProgress(surroundings, flow);
  const interrupted = () => {
    progress.close();
    surroundings.stderr.write(
      "Interrupted. What was sent is in the journal; the next run settles it once this run's lease has expired.\n",
    );
    process.exit(INTERRUPTED);
  };
  process.once("SIGINT", interrupted);
  try {
    return await runCompiledFlow(surroundings, flow, args, workspace, {
      ...listener,
      onEvent: progress.onEvent,
    });
  } finally {
    process.removeListener("SIGINT", interrupted);
    progress.close();
  }
}

function stepError(path: string, error: unknown): string {
  const { code, message } = failureOf(error);
  const name = code === "CLI_INTERNAL" && error instanceof Error ? error.name : code;
  return `${path.split("/").at(-1)}: ${name}: ${message.trim()}`;
}

/** 128 and the number of SIGINT, as shells count. */
const INTERRUPTED = 130;

/** The syncs of a job that a selection computes. Throws `CLI_SELECTION` before anything runs. */
function selectedSyncs(job: CompiledJob, select: string | undefined): readonly DeclaredSync[] {
  const syncs = syncsOf(job);
  if (select === undefined || select.trim() === "") return syncs;
  const { context } = jobContext(job.job, { folder: FOLDER, sources: "" });
  try {
    const keys = selectAssets(context.assets.map(nodeOf), select);
    return syncs.filter(({ sync }) => keys.includes(sync.key));
  } catch (error) {
    if (error instanceof SelectionError) throw new CliError("CLI_SELECTION", error.message);
    throw error;
  }
}

/** What a run recorded; none where the tables are not there, which the run's own error says better. */
async function readRecords(
  open: OpenWorkspace,
  syncs: readonly DeclaredSync[],
  runId: string,
): Promise<RunRecords> {
  const records: (readonly [string, RunResult])[] = [];
  for (const declared of syncs) {
    try {
      const record = await withSync(open, declared, "run", (session) => readResult(session, runId));
      if (record !== null) records.push([declared.sync.key, record]);
    } catch (error) {
      if (!hasCode(error, "RETL_NOT_MIGRATED")) throw error;
    }
  }
  return records;
}

async function readResult(session: SyncSession, runId: string): Promise<RunResult | null> {
  const record = await readRun(session, runId);
  if (record === null) return null;
  const { codes } = await readFigures(session, runId);
  // The run is over, so it does not go on, whoever holds the lease.
  const standing = await readStanding(session, runId, false);
  return { ...record, status: standing?.state ?? record.status, putOffFor: putOffFor(codes) };
}

function argumentsOf(options: RunOptions): Readonly<Record<string, unknown>> {
  return {
    ...(options.select === undefined ? {} : { select: options.select }),
    ...(options.approve === undefined ? {} : { approve: options.approve }),
    ...(options.resync === undefined ? {} : { resync: options.resync }),
    ...(options.dbtFullRefresh === true ? { dbt_full_refresh: true } : {}),
    ...(options.dryRun === true ? { dry_run: true } : {}),
  };
}

/** The error of a run with what to type next; null for one that went through. */
export function failureOfRun(
  run: FlowRun,
  records: RunRecords,
  {
    job,
    resync,
    open,
  }: { readonly job: CompiledJob; readonly resync: string | undefined; readonly open: OpenWorkspace },
): Failure | null {
  const error = flowFailure(run);
  if (error === null) return null;
  const failure = failureOf(error, migrateHint(error, { job }, open));
  const held = records.find(([, { status }]) => status === "held");
  if (failure.exit !== EXIT.held || held === undefined) return failure;
  const [sync, { planId }] = held;
  const plan = { job: job.job.name, sync, planId: planId ?? "", resync, flags: open.flags };
  return { ...failure, message: `${failure.message} Here that is: ${approvalLine(plan)}` };
}

/** Why nothing was published although the flow went through; null when the gate was open. */
function notPushedBecause(run: FlowRun, { job }: CompiledJob, { workspace }: OpenWorkspace): string | null {
  const gate = run.modules.find(({ id }) => id === `${job.gate.id}_taken`);
  if (gate?.branchChosen?.type !== "default") return null;
  const environment = workspace.variables[ENVIRONMENT];
  return `the variable ${ENVIRONMENT} is ${environment ?? "not set"}, and only prod pushes`;
}
