import { BUCKET_ENDS, type LatencyBucket } from "../sync/run_figures.ts";

const BAR = 44;
const GAP = 6;
const HEIGHT = 140;
const MARGIN = 24;

/**
 * A bar chart of how long requests took, as SVG text of a few kilobytes; buckets between the fastest and the slowest that have no request
 * keep their place. Null without a request.
 */
export function latencyPlot(histogram: readonly LatencyBucket[]): string | null {
  const ends: readonly (number | null)[] = [...BUCKET_ENDS, null];
  const calls = ends.map((end) => histogram.find(({ up_to_ms }) => up_to_ms === end)?.calls ?? 0);
  const first = calls.findIndex((count) => count > 0);
  if (first === -1) return null;
  const last = calls.findLastIndex((count) => count > 0);
  const most = Math.max(...calls);
  const bars = calls.slice(first, last + 1).map((count, place) => {
    const x = MARGIN + place * (BAR + GAP);
    const height = count === 0 ? 0 : Math.max(1, Math.round((HEIGHT * count) / most));
    const y = MARGIN + HEIGHT - height;
    const middle = x + BAR / 2;
    return (
      `<rect x="${x}" y="${y}" width="${BAR}" height="${height}" fill="#5b8def"/>` +
      `<text x="${middle}" y="${y - 5}">${count}</text>` +
      `<text x="${middle}" y="${MARGIN + HEIGHT + 15}">${labelOf(ends[first + place] ?? null)}</text>`
    );
  });
  const width = Math.max(240, 2 * MARGIN + bars.length * (BAR + GAP));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT + 3 * MARGIN}" role="img" ` +
    'font-family="sans-serif" font-size="11" text-anchor="middle" fill="currentColor">' +
    `<title>Requests by latency</title>${bars.join("")}` +
    `<text x="${width / 2}" y="${HEIGHT + 2.6 * MARGIN}">requests by latency (ms, up to)</text></svg>`
  );
}

function labelOf(end: number | null): string {
  return end === null ? "longer" : `${end}`;
}
