import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { DayRow } from "./day_row.ts";
import { DAY_COLUMNS, whole } from "./output.ts";
import { plotChanges, plotLatency } from "./plots.ts";

/** A number worth a tile of its own; `bad` numbers are those that must be 0 and are not. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly verdict?: "good" | "bad";
}

/** Everything that the report shows. */
export interface Report {
  readonly subtitle: string;
  readonly tiles: readonly Tile[];
  /** Lines of text under the tiles, such as what was compared and examples of what differed. */
  readonly notes: readonly string[];
  readonly assetSvg: string;
  readonly flowSvg: string;
  readonly days: readonly DayRow[];
  readonly total: DayRow;
}

/** Writes one HTML file that needs nothing else: no script, no font, no network. */
export async function writeReport(file: string, report: Report): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await reportHtml(report));
}

/** The page as text. */
export async function reportHtml(report: Report): Promise<string> {
  const { days, total } = report;
  const plots =
    days.length === 0
      ? ""
      : figure("Changes", "Contacts created and updated by each day's run.", await plotChanges(days)) +
        figure(
          "Latency",
          "What HubSpot's answers took, by day: median and 95th percentile.",
          await plotLatency(days),
        );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tailrace: replay of the CDNOW purchases</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header><h1>Replay of the CDNOW purchases</h1><p>${escaped(report.subtitle)}</p></header>
<section class="tiles">${report.tiles.map(tile).join("")}</section>
${report.notes.map((note) => `<p class="note">${escaped(note)}</p>`).join("\n")}
${figure("Assets", "What is computed from what.", report.assetSvg)}
${figure("Flow", "What Windmill runs: the steps of the compiled flow.", report.flowSvg)}
${plots}
<section><h2>Days</h2><div class="scroll"><table>
<thead><tr>${DAY_COLUMNS.map(([head]) => `<th>${escaped(head)}</th>`).join("")}</tr></thead>
<tbody>${days.map(tableRow).join("\n")}</tbody>
<tfoot>${tableRow(total)}</tfoot>
</table></div>
<p class="note">In the total, source rows and unchanged rows are those of the last day, and latencies are over all calls.</p></section>
</main>
</body>
</html>
`;
}

function tile({ label, value, verdict }: Tile): string {
  const mark = verdict === undefined ? "" : ` class="${verdict}"`;
  return `<div${mark}><strong>${escaped(value)}</strong><span>${escaped(label)}</span></div>`;
}

function figure(title: string, caption: string, svg: string): string {
  return `<figure><h2>${escaped(title)}</h2><div class="scroll">${svg}</div><figcaption>${escaped(caption)}</figcaption></figure>`;
}

function tableRow(row: DayRow): string {
  return `<tr>${DAY_COLUMNS.map(([, text]) => `<td>${escaped(text(row))}</td>`).join("")}</tr>`;
}

/** The tiles that sum up the days. */
export function dayTiles(days: number, total: DayRow): Tile[] {
  return [
    { label: days === 1 ? "day" : "days", value: whole(days) },
    { label: "purchases", value: whole(total.purchases) },
    { label: "contacts in the source", value: whole(total.sourceRows) },
    { label: "changes sent", value: whole(total.created + total.updated) },
    { label: "acknowledged", value: whole(total.acknowledged) },
    { label: "rejected", value: whole(total.rejected) },
    { label: "calls", value: whole(total.calls) },
    { label: "rate-limited calls", value: whole(total.rateLimited) },
  ];
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b2430; --muted: #5d6b7c; --line: #c9d1db; --grid: #e7ebf0;
  --series-1: #1f6fd0; --series-2: #e08a1e; --good: #1a7f4b; --bad: #c4302b;
  --asset: #e3effd; --asset-line: #1f6fd0; --step: #fff3e0; --step-line: #d17c10; --box: #f6f7f9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --text: #e6ebf2; --muted: #9aa8b8; --line: #3d4858; --grid: #2a3340;
    --series-1: #5aa2f5; --series-2: #f0a548; --good: #4cc38a; --bad: #ff7b72;
    --asset: #1c3350; --asset-line: #5aa2f5; --step: #3a2c17; --step-line: #f0a548; --box: #151a22;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
header p { color: var(--muted); margin: .2rem 0 1.4rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: .6rem; margin-bottom: 1rem; }
.tiles div, figure, main > section:not(.tiles) { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: .7rem .9rem; } .tiles strong { display: block; font-size: 1.45rem; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--muted); font-size: .85rem; } .tiles .good strong { color: var(--good); } .tiles .bad strong { color: var(--bad); }
figure, main > section:not(.tiles) { margin: 1rem 0 0; padding: 1rem 1.1rem; }
figcaption, .note { color: var(--muted); font-size: .88rem; } .note { margin: .3rem 0; }
.scroll { overflow: auto; max-height: 36rem; } svg { max-width: 100%; height: auto; display: block; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .28rem .6rem; text-align: right; white-space: nowrap; } th:first-child, td:first-child { text-align: left; }
thead th { position: sticky; top: 0; background: var(--card); color: var(--muted); font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr:nth-child(even) { background: var(--page); } tfoot td { font-weight: 700; border-top: 1px solid var(--line); position: sticky; bottom: 0; background: var(--card); }
.mark-rect.role-mark path { shape-rendering: crispEdges; }
.graph text { fill: var(--text); font-family: inherit; font-size: 12px; }
.graph .edge path { stroke: var(--muted); } .graph .edge polygon { stroke: var(--muted); fill: var(--muted); } .graph .edge text { fill: var(--muted); font-size: 10.5px; }
.graph .asset path { fill: var(--asset); stroke: var(--asset-line); } .graph .step path { fill: var(--step); stroke: var(--step-line); }
.graph .table path { fill: var(--box); stroke: var(--line); }
.graph .start ellipse { fill: var(--muted); stroke: var(--muted); }
.graph .box > polygon { fill: var(--box); stroke: var(--line); } .graph .box > text { fill: var(--muted); }
`;
