import { type CommandResult, EXIT } from "./command_result.ts";
import { type Cell, counted, instantText, type Printer } from "./printer.ts";
import { findSync, loadProject } from "./project.ts";
import { type DoubtfulAssociations, readDoubtfulAssociations } from "./read_associations.ts";
import {
  type RejectedRow,
  type RejectionCode,
  readRejectedRows,
  readRejectionCodes,
} from "./read_rejections.ts";
import type { Surroundings } from "./surroundings.ts";
import { withSync } from "./sync_session.ts";
import { type WorkspaceOptions, withWorkspace } from "./workspace.ts";

export interface ErrorsOptions extends WorkspaceOptions {
  readonly code?: string;
  readonly limit: number;
}

/**
 * The rows that HubSpot or a guard refuses: how many for which reason, then the rows themselves, by source id. After them the associations
 * that HubSpot refused or that are in doubt.
 */
export async function errorsCommand(
  surroundings: Surroundings,
  key: string,
  options: ErrorsOptions,
): Promise<CommandResult> {
  const declared = findSync(await loadProject(surroundings), key);
  const warehouses = [declared.sync.config.resources.warehouse];
  const code = options.code ?? null;
  return withWorkspace(surroundings, options, { warehouses }, (open) =>
    withSync(open, declared, "errors", async (session) => {
      const reasons = await readRejectionCodes(session, code);
      const rows = await readRejectedRows(session, code, options.limit);
      const associations = await readDoubtfulAssociations(session, code, options.limit);
      const total = reasons.reduce((sum, reason) => sum + reason.rows, 0);
      return {
        exit: EXIT.fine,
        document: {
          sync: key,
          code,
          total,
          reasons,
          rows,
          left_out: Math.max(0, total - rows.length),
          associations,
        },
        text: (printer) => {
          const job = declared.job.job.name;
          const found = { key, code, total, reasons, rows, job, flags: open.flags };
          return [textOf(printer, found), ...associationText(printer, associations)].join("\n");
        },
      };
    }),
  );
}

interface Found {
  readonly key: string;
  readonly code: string | null;
  readonly total: number;
  readonly reasons: readonly RejectionCode[];
  readonly rows: readonly RejectedRow[];
  readonly job: string;
  readonly flags: string;
}

function textOf(printer: Printer, { key, code, total, reasons, rows, job, flags }: Found): string {
  const { colors, heading } = printer;
  const which = code === null ? "" : ` with ${code}`;
  if (total === 0) return `${heading(key)}  ${colors.green("no row is rejected")}${which}`;
  const example = rows.find(({ id }) => id !== null);
  const leftOut = total - rows.length;
  return [
    `${heading(key)}  ${colors.red(`${counted(total, "row")} rejected`)}${which}`,
    printer.table(
      ["code", "property", "rows", "first", "last", "next try"],
      reasons.map((reason): Cell[] => [
        reason.code,
        reason.property,
        reason.rows,
        instantText(reason.first_at),
        instantText(reason.last_at),
        nextTry(reason.next_try_at),
      ]),
    ),
    "",
    printer.table(
      ["row", "code", "property", "tries", "last", "next try", "message"],
      rows.map((row): Cell[] => [
        row.id ?? "(no id)",
        row.code,
        row.property,
        row.attempts,
        instantText(row.last_at),
        nextTry(row.next_try_at),
        row.message,
      ]),
    ),
    ...(leftOut > 0 ? [`  ${counted(leftOut, "more row")}: --limit ${total}`] : []),
    ...(example === undefined
      ? []
      : [colors.dim(`  all about one row: npx tailrace rows ${key} ${example.id}${flags}`)]),
    colors.dim(`  try them now: npx tailrace run ${job} --select ${key} --resync rejected${flags}`),
  ].join("\n");
}

function associationText(printer: Printer, found: DoubtfulAssociations | null): string[] {
  if (found === null || found.total === 0) return [];
  const leftOut = found.total - found.rows.length;
  return [
    "",
    `  ${printer.colors.red(`${counted(found.total, "association")} refused or in doubt`)}`,
    printer.table(
      ["row", "associated with", "label", "code", "tries", "next try", "message"],
      found.rows.map((row): Cell[] => [
        row.id,
        `${row.to_sync} ${row.to_id}`,
        row.label || null,
        row.code ?? "in doubt",
        row.attempts,
        row.next_try_at === null ? "the next run" : instantText(row.next_try_at),
        row.message,
      ]),
    ),
    ...(leftOut > 0 ? [`  ${counted(leftOut, "more association")}: --limit ${found.total}`] : []),
  ];
}

function nextTry(at: string | null): string {
  return at === null ? "when the source changes" : instantText(at);
}
