import { approvalLine } from "./approval_line.ts";
import { EXIT } from "./command_result.ts";
import { type Cell, counted, durationText, instantText, type Printer, whole } from "./printer.ts";
import type { DeclaredSync } from "./project.ts";
import type { AssetEnd, RunLine, SyncStatus } from "./read_status.ts";
import type { FoundStatus, Judgement } from "./status_command.ts";

/** How one sync stands, for people. */
export function statusText(
  printer: Printer,
  found: FoundStatus,
  syncs: readonly DeclaredSync[],
  flags: string,
): string {
  const { colors } = printer;
  if ("error" in found) {
    const { code, message } = found.error;
    return `${printer.heading(found.sync)}  ${colors.red("unknown")}\n  ${code}: ${message}`;
  }
  const { status, judgement } = found;
  const paint = judgement.exit === EXIT.fine ? colors.green : colors.red;
  const why = judgement.why === null ? "" : `: ${judgement.why}`;
  const ends = status.assets.filter(({ kind }) => kind === "failed" || kind === "skipped");
  return [
    `${printer.heading(status.sync)}  ${paint(judgement.word)}${why}`,
    `  ${standOf(status).join(" · ")}`,
    ...(status.runs.length === 0 ? [] : [runTable(printer, status.runs)]),
    ...(ends.length === 0 ? [] : [assetTable(printer, ends)]),
    ...(status.rejections.length === 0 ? [] : [rejectionTable(printer, status)]),
    ...hints(status, judgement, syncs, flags).map((hint) => `  ${colors.dim(hint)}`),
  ].join("\n");
}

function standOf({
  rows,
  rejections,
  put_off,
  lease,
  last_success,
  sends_again_in_ms,
}: SyncStatus): string[] {
  const rejected = rejections.reduce((sum, one) => sum + one.rows, 0);
  return [
    last_success === null ? "never succeeded" : `last success ${durationText(last_success.age_ms)} ago`,
    `${counted(rows.acknowledged, "row")} in HubSpot`,
    `${whole(rows.in_doubt)} in doubt`,
    ...(rows.resync > 0 ? [`${whole(rows.resync)} to resync`] : []),
    `${whole(rejected)} rejected`,
    ...(put_off === null
      ? []
      : [`${whole(put_off.rows)} not sent yet, the longest for ${durationText(put_off.age_ms)}`]),
    lease === null
      ? "no run holds it"
      : `held by the run ${lease.holder} for ${durationText(lease.expires_in_ms)} more`,
    ...(sends_again_in_ms > 0 ? [`nothing is sent for ${durationText(sends_again_in_ms)}`] : []),
  ];
}

function runTable(printer: Printer, runs: readonly RunLine[]): string {
  const head = [
    "started",
    "run",
    "status",
    "read",
    "to send",
    "acked",
    "rejected",
    "deferred",
    "unknown",
    "calls",
    "429",
    "p95 ms",
  ];
  return printer.table(
    head,
    runs.map(({ run_id, state, started_at, counts }): Cell[] => [
      instantText(started_at),
      run_id,
      state,
      counts.rows_read,
      toSend(counts),
      counts.acknowledged,
      counts.rejected,
      counts.deferred,
      counts.unknown,
      counts.calls,
      counts.rate_limited_calls,
      counts.latency_p95_ms,
    ]),
  );
}

function toSend({ to_create, to_update, to_archive, to_clear }: RunLine["counts"]): number | null {
  if (to_create === null) return null;
  return to_create + (to_update ?? 0) + (to_archive ?? 0) + (to_clear ?? 0);
}

function assetTable(printer: Printer, ends: readonly AssetEnd[]): string {
  return printer.table(
    ["asset", "last event", "at", "why"],
    ends.map(({ asset, kind, at, why }) => [asset, kind, instantText(at), why]),
  );
}

function rejectionTable(printer: Printer, { rejections }: SyncStatus): string {
  return printer.table(
    ["rejected", "property", "rows", "next try"],
    rejections.map(({ code, property, rows, next_try_at }) => [
      code,
      property,
      rows,
      next_try_at === null ? "when the source changes" : instantText(next_try_at),
    ]),
  );
}

function hints(
  { sync, runs, rejections }: SyncStatus,
  { word }: Judgement,
  syncs: readonly DeclaredSync[],
  flags: string,
): string[] {
  const job = syncs.find((one) => one.sync.key === sync)?.job.job.name ?? "";
  const held = word === "held" ? runs.find(({ state }) => state === "held") : undefined;
  return [
    ...(held?.plan_id == null
      ? []
      : [`let it through: ${approvalLine({ job, sync, planId: held.plan_id, resync: held.resync, flags })}`]),
    ...(rejections.length === 0 ? [] : [`which rows: npx tailrace errors ${sync}${flags}`]),
  ];
}
