import { Cron } from "croner";
import type { Asset } from "../../f/asset_graph/asset.ts";
import { reachableAssets, topologicalLevels } from "../../f/asset_graph/graph.ts";
import type { CronSchedule, Job } from "../../f/asset_graph/job.ts";
import { type Cell, counted, type Printer } from "./printer.ts";
import type { DeclaredSync, Project } from "./project.ts";

/** What is declared, for people: the graph as a tree, the syncs, and when each job runs next. */
export function graphText(printer: Printer, project: Project): string {
  const assets = assetsOf(project);
  return [
    printer.colors.green(
      `No problem: ${counted(assets.length, "asset")}, ${counted(project.syncs.length, "sync")}, ` +
        `${counted(project.jobs.length, "job")}; the build is up to date.`,
    ),
    "",
    ...assetTree(assets).map((line) => `  ${line}`),
    "",
    printer.table(
      ["sync", "from", "to", "mode", "by", "properties"],
      project.syncs.map(({ sync: { key, config } }: DeclaredSync): Cell[] => [
        key,
        `${config.schema}.${config.current_state_tbl}`,
        config.object_type,
        config.operation_mode,
        config.match_property ?? "record id",
        config.column_mappings.length,
      ]),
    ),
    "",
    printer.table(
      ["job", "selects", "schedule", "next"],
      project.jobs.map(({ job }): Cell[] => {
        const { name, select, schedule, next } = scheduled(job);
        return [name, select, schedule ?? "people start it", next];
      }),
    ),
  ].join("\n");
}

/** The same as data. */
export function graphDocument(project: Project): object {
  return {
    assets: assetsOf(project).map(described),
    jobs: project.jobs.map(({ job }) => scheduled(job)),
  };
}

function assetsOf({ jobs }: Project): readonly Asset[] {
  return topologicalLevels(reachableAssets(jobs.flatMap(({ job }) => [...job.assets])), ({ deps }) =>
    deps.map(({ key }) => key),
  ).flat();
}

/** Each asset under the first one that it depends on; its other dependencies are named behind it. */
function assetTree(assets: readonly Asset[]): readonly string[] {
  const lines = (parent: string | null, indent: string): string[] => {
    const children = assets.filter(({ deps }) => (deps[0]?.key ?? null) === parent);
    return children.flatMap((asset, index) => {
      const last = index === children.length - 1;
      const branch = parent === null ? "" : last ? "└─ " : "├─ ";
      const below = parent === null ? "" : last ? "   " : "│  ";
      return [`${indent}${branch}${asset.key}${remarks(asset)}`, ...lines(asset.key, indent + below)];
    });
  };
  return lines(null, "");
}

function remarks({ deps, group, owners, compute }: Asset): string {
  const also = deps.slice(1).map(({ key }) => key);
  const parts = [
    compute === null ? "computed by others" : compute.kind,
    ...(group === null ? [] : [`group ${group}`]),
    ...owners,
    ...(also.length === 0 ? [] : [`also needs ${also.join(", ")}`]),
  ];
  return `  (${parts.join(", ")})`;
}

function described({ key, deps, group, owners, kinds, tags, compute, description }: Asset) {
  return {
    key,
    deps: deps.map((dep) => dep.key),
    computed_by: compute?.kind ?? null,
    group,
    owners,
    kinds,
    tags,
    description,
  };
}

function scheduled({ name, select, schedule }: Job) {
  return {
    name,
    select,
    schedule: schedule === undefined ? null : `${schedule.expression} ${schedule.timeZone}`,
    next: schedule === undefined ? null : nextRun(schedule),
  };
}

function nextRun({ expression, timeZone }: CronSchedule): string | null {
  const next = new Cron(expression, { timezone: timeZone, paused: true }).nextRun();
  return next === null ? null : `${next.toISOString().slice(0, 19).replace("T", " ")}Z`;
}
