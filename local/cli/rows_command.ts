import { readMapping } from "../../f/reverse_etl/sync/mapping.ts";
import { type Operations, operationsOf } from "../../f/reverse_etl/sync/operation_mode.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import { type Cell, counted, instantText, type Printer } from "./printer.ts";
import { findSync, loadProject } from "./project.ts";
import type { AssociationLine } from "./read_associations.ts";
import { type Attempt, type PlannedChange, type RowHistory, readRowHistory } from "./read_row.ts";
import type { Surroundings } from "./surroundings.ts";
import { withSync } from "./sync_session.ts";
import { type WorkspaceOptions, withWorkspace } from "./workspace.ts";

export interface RowsOptions extends WorkspaceOptions {
  readonly limit: number;
  readonly showValues?: boolean;
}

/** Where a row stands, in a word. */
type Standing =
  | "suppressed"
  | "left"
  | "in_sync"
  | "to_send"
  | "to_resync"
  | "in_doubt"
  | "rejected_in_doubt"
  | "rejected"
  | "not_unique"
  | "gone"
  | "unknown";

/** All that is known of source rows: the source, the state, the rejection and every attempt. Problems when an id is nowhere. */
export async function rowsCommand(
  surroundings: Surroundings,
  key: string,
  ids: readonly string[],
  options: RowsOptions,
): Promise<CommandResult> {
  const declared = findSync(await loadProject(surroundings), key);
  const { resources, retention } = declared.sync.config;
  const values = options.showValues === true;
  return withWorkspace(surroundings, options, { warehouses: [resources.warehouse] }, (open) =>
    withSync(open, declared, "rows", async (session) => {
      const mapping = await readMapping(session);
      const rows: (RowHistory & { readonly standing: Standing })[] = [];
      const canonical = ids.map((id) => (mapping.idCase === "lower" ? id.trim().toLowerCase() : id.trim()));
      for (const id of new Set(canonical)) {
        const found = await readRowHistory(session, mapping, { id, limit: options.limit, values });
        rows.push({ ...found, standing: standingOf(found, operationsOf(declared.sync.config)) });
      }
      return {
        exit: rows.some(({ standing }) => standing === "unknown") ? EXIT.problems : EXIT.fine,
        document: { sync: key, rows: rows.map((row) => (values ? row : withoutValues(row))) },
        text: (printer) =>
          [
            ...rows.map((row) => textOf(printer, row, values)),
            printer.colors.dim(
              `Attempts are kept for ${retention.settled_days} days after their run was settled.`,
            ),
          ].join("\n\n"),
      };
    }),
  );
}

function standingOf(
  { suppressed, source, state, rejections, history }: RowHistory,
  { changed }: Operations,
): Standing {
  if (suppressed) return "suppressed";
  if (source.length > 1) return "not_unique";
  const [row] = source;
  if (row === undefined) return state !== null || history.length > 0 ? "gone" : "unknown";
  const refused = rejections.filter(({ row_hash }) => row_hash === row.row_hash);
  // What a run does not send now it does not send for being in doubt either.
  if (state?.in_doubt === true) return refused.some(({ waits }) => waits) ? "rejected_in_doubt" : "in_doubt";
  if (refused.length > 0) return "rejected";
  if (state?.resync_requested_at != null && changed !== "leave") return "to_resync";
  if (state?.row_hash === row.row_hash && state.removed_at === null) return "in_sync";
  return changed === "leave" && state !== null && state.row_hash !== null ? "left" : "to_send";
}

const WORDS: Readonly<Record<Standing, string>> = {
  suppressed:
    "suppressed: the sync's suppressions have it, so nothing of it is sent and the next run purges what is kept",
  in_sync: "in sync: HubSpot acknowledged these very values",
  to_send: "to send: the source differs from what HubSpot acknowledged, and the next run sends it",
  to_resync: "to send again: a resync asked for it, and the next run sends all of its properties",
  left: "left alone: the source differs, and on_changed: leave sends no changes",
  in_doubt: "in doubt: HubSpot may hold other values, and the next run sends all of its properties",
  rejected_in_doubt:
    "rejected and in doubt: it waits for its next try, or until its values or its mapping change, and HubSpot may hold other values",
  rejected: "rejected: it waits until its values or its mapping change, or for its next try",
  not_unique: "refused: the id stands in several source rows, so none of them is sent",
  gone: "gone: the source no longer has it",
  unknown: "unknown: neither the source nor any table of the sync has this id",
};

/** Neither done nor wrong. */
const CALM: readonly Standing[] = ["to_send", "to_resync", "left", "suppressed"];

/** Empty values say only that nobody asked for them. */
function withoutValues({ source, state, ...row }: RowHistory) {
  return {
    ...row,
    source: source.map(({ row_hash }) => ({ row_hash })),
    state: state === null ? null : { ...state, values: undefined },
  };
}

function textOf(
  printer: Printer,
  row: RowHistory & { readonly standing: Standing },
  values: boolean,
): string {
  const { colors } = printer;
  const { id, state, source, rejections, associations, history, standing, truncated } = row;
  const paint = standing === "in_sync" ? colors.green : CALM.includes(standing) ? colors.yellow : colors.red;
  const heading = `${printer.heading(id)}  ${paint(WORDS[standing])}`;
  if (standing === "unknown") return heading;
  const hash = (text: string | null) => (text === null ? "" : `, hash ${text}`);
  return [
    heading,
    `  source     ${source.length === 0 ? "not there" : source.map((one) => `there${hash(one.row_hash)}`).join("; ")}`,
    `  HubSpot    ${
      state === null
        ? "nothing was acknowledged"
        : `${state.acknowledged_at === null ? "never acknowledged" : `acknowledged ${instantText(state.acknowledged_at)}`} by the run ${state.run_id}` +
          `${state.hubspot_id === null ? "" : `, record ${state.hubspot_id}`}${hash(state.row_hash)}` +
          `${state.removed_at === null ? "" : `, gone from the source since ${instantText(state.removed_at)}`}`
    }`,
    ...rejections.map(
      (one) =>
        `  rejection  ${one.code}${one.property === null ? "" : ` of ${one.property}`}: ${one.message}; ${counted(one.attempts, "try", "tries")}, ` +
        `next ${one.next_try_at === null ? "when the source changes" : instantText(one.next_try_at)}`,
    ),
    ...associations.map((one) => `  associated ${associationText(one)}`),
    ...(values ? [valueTable(printer, row)] : []),
    ...(history.length === 0 ? ["  No attempt is recorded."] : [historyTable(printer, history)]),
    ...(truncated ? ["  Older attempts are left out: --limit shows more."] : []),
  ].join("\n");
}

function associationText(one: AssociationLine): string {
  const label = one.label === "" ? "" : ` as "${one.label}"`;
  const owed = one.operation === null ? "" : `, to ${one.operation} in the next run`;
  const refused =
    one.code === null
      ? ""
      : `, refused with ${one.code}: ${one.message ?? ""}; ${counted(one.attempts, "try", "tries")}, next ${instantText(one.next_try_at)}`;
  const acknowledged =
    one.acknowledged_at === null ? "not acknowledged" : `acknowledged ${instantText(one.acknowledged_at)}`;
  return `with ${one.to_sync} ${one.to_id}${label}: ${acknowledged}${one.in_doubt ? ", in doubt" : ""}${owed}${refused}`;
}

function historyTable(printer: Printer, history: RowHistory["history"]): string {
  const head = ["at", "run", "what", "outcome", "HTTP", "ms", "code", "property", "message"];
  return printer.table(
    head,
    history.map((entry) => (entry.kind === "planned" ? plannedCells(entry) : attemptCells(entry))),
  );
}

/** More names than this make a line too long; the JSON has them all. */
const SHOWN_NAMES = 3;

function plannedCells({ at, run_id, operation, reason, properties, run_status }: PlannedChange): Cell[] {
  const what = operation === "skip" ? "not sent" : operation;
  const status = run_status === null ? "pruned run" : `run ${run_status}`;
  const more = properties.length - SHOWN_NAMES;
  const names = [...properties.slice(0, SHOWN_NAMES), ...(more > 0 ? [`${more} more`] : [])].join(", ");
  return [instantText(at), run_id, `${what} (${reason ?? "?"})`, status, null, null, null, names, null];
}

function attemptCells(attempt: Attempt): Cell[] {
  const { at, run_id, kind, batch, outcome, http_status, latency_ms, code, property, message } = attempt;
  const what = kind === "no_end" ? `batch ${batch}, cut off` : `call, batch ${batch}`;
  return [instantText(at), run_id, what, outcome, http_status, latency_ms, code, property, message];
}

function valueTable(printer: Printer, { source, state }: RowHistory): string {
  const [row] = source;
  const names = [...new Set([...Object.keys(row?.values ?? {}), ...Object.keys(state?.values ?? {})])].sort();
  return printer.table(
    ["property", "in the source", "acknowledged"],
    names.map((name) => [name, shown(row?.values[name]), shown(state?.values[name])]),
  );
}

/** An empty text empties the property, which a blank cell would not tell from a missing one. */
function shown(value: string | null | undefined): string | null {
  return value === "" ? "(empty)" : (value ?? null);
}
