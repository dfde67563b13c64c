import { type Mark, parse, type Spec, View } from "vega";
import type { DayRow } from "./day_row.ts";

const DAY_MS = 86_400_000;

/** One line or one layer of bars, by the name that the legend shows and the CSS variable of its colour. */
interface Series {
  readonly name: string;
  readonly color: string;
  value(row: DayRow): number | null;
}

/** Changes a day by operation, as SVG. */
export function plotChanges(days: readonly DayRow[]): Promise<string> {
  const series: Series[] = [
    { name: "created", color: "var(--series-1)", value: (row) => row.created },
    { name: "updated", color: "var(--series-2)", value: (row) => row.updated },
  ];
  return plot(days, series, "contacts a day", [
    {
      type: "rect",
      from: { data: "points" },
      encode: {
        enter: {
          x: { scale: "x", field: "at" },
          x2: { scale: "x", signal: `datum.at + ${DAY_MS}`, offset: days.length > 120 ? 0 : -1 },
          y: { scale: "y", field: "from" },
          y2: { scale: "y", field: "to" },
          fill: { scale: "color", field: "series" },
        },
      },
    },
  ]);
}

/** The latency of calls a day, median and 95th percentile, as SVG. */
export function plotLatency(days: readonly DayRow[]): Promise<string> {
  const series: Series[] = [
    { name: "p50", color: "var(--series-1)", value: (row) => row.p50 },
    { name: "p95", color: "var(--series-2)", value: (row) => row.p95 },
  ];
  const points: Mark[] =
    days.length > 60
      ? []
      : [
          {
            type: "symbol",
            from: { data: "line" },
            encode: {
              enter: { ...position(), size: { value: 26 }, fill: { scale: "color", field: "series" } },
            },
          },
        ];
  return plot(days, series, "milliseconds a call", [
    {
      type: "group",
      from: { facet: { name: "line", data: "points", groupby: "series" } },
      marks: [
        {
          type: "line",
          from: { data: "line" },
          encode: {
            enter: {
              ...position(),
              stroke: { scale: "color", field: "series" },
              strokeWidth: { value: 1.8 },
            },
          },
        },
        ...points,
      ],
    },
  ]);
}

/** Few days get a tick each, at their start; many get what the scale finds round. */
function ticks(days: readonly DayRow[]) {
  return days.length <= 7 ? { values: days.map(({ day }) => Date.parse(day)) } : { tickCount: 7 };
}

function position() {
  return { x: { scale: "x", signal: `datum.at + ${DAY_MS / 2}` }, y: { scale: "y", field: "value" } };
}

async function plot(
  days: readonly DayRow[],
  series: readonly Series[],
  title: string,
  marks: Mark[],
): Promise<string> {
  const points = days.flatMap((row) => {
    let from = 0;
    return series.flatMap(({ name, value }) => {
      const number = value(row);
      if (number === null) return [];
      const point = { at: Date.parse(row.day), series: name, value: number, from, to: from + number };
      from += number;
      return [point];
    });
  });
  const stacked = marks.some(({ type }) => type === "rect");
  const label = {
    labelColor: "var(--muted)",
    labelFontSize: 11,
    tickColor: "var(--line)",
    domainColor: "var(--line)",
  };
  const first = Date.parse(days[0]?.day ?? "1997-01-01");
  const last = Date.parse(days.at(-1)?.day ?? "1997-01-01") + DAY_MS;
  const spec: Spec = {
    width: 900,
    height: 220,
    padding: 4,
    config: {
      text: { font: "inherit" },
      axis: { labelFont: "inherit", titleFont: "inherit" },
      legend: { labelFont: "inherit" },
    },
    data: [{ name: "points", values: points }],
    scales: [
      { name: "x", type: "utc", domain: [first, last], range: "width" },
      {
        name: "y",
        type: "linear",
        domain: { data: "points", field: stacked ? "to" : "value" },
        range: "height",
        nice: true,
        zero: true,
      },
      {
        name: "color",
        type: "ordinal",
        domain: series.map(({ name }) => name),
        range: series.map(({ color }) => color),
      },
    ],
    axes: [
      { scale: "x", orient: "bottom", format: "%-d %b %Y", ...ticks(days), ...label },
      {
        scale: "y",
        orient: "left",
        tickCount: 5,
        grid: true,
        gridColor: "var(--grid)",
        title,
        titleColor: "var(--muted)",
        titleFontWeight: "normal",
        ...label,
      },
    ],
    legends: [
      {
        fill: "color",
        orient: "top",
        direction: "horizontal",
        symbolType: "square",
        labelColor: "var(--text)",
        labelFontSize: 12,
      },
    ],
    marks,
  };
  const svg = await new View(parse(spec), { renderer: "none" }).toSVG();
  return svg.replace("<svg ", `<svg role="img" aria-label="${title}" `);
}
