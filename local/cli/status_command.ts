import type { Asset } from "../../f/asset_graph/asset.ts";
import { reachableAssets } from "../../f/asset_graph/graph.ts";
import { failureOf } from "./cli_error.ts";
import { type CommandResult, EXIT, type ExitCode, gravest } from "./command_result.ts";
import { findSync, loadProject } from "./project.ts";
import { type RunLine, readStatus, type SyncStatus } from "./read_status.ts";
import { statusText } from "./status_text.ts";
import type { Surroundings } from "./surroundings.ts";
import { withSync } from "./sync_session.ts";
import { type WorkspaceOptions, withWorkspace } from "./workspace.ts";

export interface StatusOptions extends WorkspaceOptions {
  /** How many runs are shown. */
  readonly runs: number;
}

/** How one sync stands, in a word for a person and a code for a machine. */
export interface Judgement {
  readonly exit: ExitCode;
  readonly word: "ok" | "running" | "held" | "failed" | "incomplete" | "never run";
  readonly why: string | null;
}

/** One sync, or why it cannot be read. */
export type FoundStatus =
  | { readonly status: SyncStatus; readonly judgement: Judgement }
  | { readonly sync: string; readonly error: ReturnType<typeof failureOf> };

/** Per sync: its last runs, what is owed, and who holds it. Problems when a last run failed or is held. */
export async function statusCommand(
  surroundings: Surroundings,
  key: string | undefined,
  options: StatusOptions,
): Promise<CommandResult> {
  const project = await loadProject(surroundings);
  const syncs = key === undefined ? project.syncs : [findSync(project, key)];
  const warehouses = syncs.map(({ sync }) => sync.config.resources.warehouse);
  return withWorkspace(surroundings, options, { warehouses }, async (open) => {
    const found: FoundStatus[] = [];
    for (const declared of syncs) {
      try {
        const assets = reachableAssets([declared.asset]).map(({ key }: Asset) => key);
        const status = await withSync(open, declared, "status", (session) =>
          readStatus(session, assets, options.runs),
        );
        found.push({ status, judgement: judge(status) });
      } catch (error) {
        // One sync that cannot be read must not hide the others.
        found.push({ sync: declared.sync.key, error: failureOf(error) });
      }
    }
    return {
      exit: gravest(found.map((one) => ("error" in one ? one.error.exit : one.judgement.exit))),
      document: { syncs: found.map(documentOf) },
      text: (printer) => found.map((one) => statusText(printer, one, syncs, open.flags)).join("\n\n"),
    };
  });
}

function judge({ runs, assets, lease }: SyncStatus): Judgement {
  const [last] = runs;
  // What failed before the sync began is known by its event only: a table that was not built, a run that found the sync busy.
  const failed = assets.find(
    ({ kind, at, run_id }) => kind === "failed" && run_id !== last?.run_id && at > (last?.started_at ?? ""),
  );
  if (failed !== undefined && lease === null) {
    return { exit: EXIT.problems, word: "failed", why: `${failed.why ?? "failed"} (${failed.asset})` };
  }
  if (last === undefined) return { exit: EXIT.fine, word: "never run", why: null };
  switch (last.state) {
    case "failed":
      return { exit: EXIT.problems, word: "failed", why: last.message };
    case "died":
      return {
        exit: EXIT.problems,
        word: "failed",
        why: "its process ended; the next run settles what it left",
      };
    case "held":
      return { exit: EXIT.problems, word: "held", why: last.message };
    case "partial":
      return { exit: EXIT.fine, word: "incomplete", why: incomplete(last) };
    case "running":
      return { exit: EXIT.fine, word: "running", why: null };
    default:
      return { exit: EXIT.fine, word: "ok", why: null };
  }
}

function incomplete({ put_off_for }: RunLine): string {
  const why = put_off_for.length === 0 ? "" : ` (${put_off_for.join(", ")})`;
  return `the next run goes on with what is left${why}`;
}

function documentOf(found: FoundStatus): object {
  if ("error" in found) {
    const { code, message } = found.error;
    return { sync: found.sync, verdict: "unknown", error: { code, message } };
  }
  return { ...found.status, verdict: found.judgement.word, why: found.judgement.why };
}
