import type { Alert } from "../sync/alerts.ts";
import type { AlertChange } from "../sync/alerts_told.ts";

/** What Slack's incoming webhooks take (Block Kit, read 2026-11); others that take Slack's format read at least `text`. */
export interface SlackMessage {
  /** What a notification shows, and all that a reader without blocks shows. */
  readonly text: string;
  readonly blocks: readonly object[];
}

const TITLES: Readonly<Record<Alert, string>> = {
  run_failed: "A run did not go through",
  failed_rows: "Too many rows are refused or in doubt",
  run_time: "A run took too long",
};

/** Slack refuses a section of more than 3,000 characters. */
const LONGEST_REASON = 1_000;

/** The message of one change of an alert's state; `runUrl` is where the run can be seen, null where nobody knows. */
export function alertMessage(change: AlertChange, runUrl: string | null): SlackMessage {
  const { sync, alert, state, since, run_id } = change;
  const over = state === "over";
  const title = `${over ? "Over" : "Alert"}: ${TITLES[alert]}`;
  const reason = escaped((change.reason ?? "").slice(0, LONGEST_REASON));
  const run = run_id === null ? "" : runUrl === null ? `, run ${escaped(run_id)}` : `, <${runUrl}|its run>`;
  const told = reason === "" ? "" : `\n${over ? "It was: " : ""}${reason}`;
  return {
    text: `${title} (${escaped(sync)})${told}`,
    blocks: [
      { type: "section", text: { type: "mrkdwn", text: `*${title}*\n\`${escaped(sync)}\`${told}` } },
      { type: "context", elements: [{ type: "mrkdwn", text: `Since ${escaped(since)}${run}` }] },
    ],
  };
}

/** Slack reads these three as markup; `<!channel>` would call everyone. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
