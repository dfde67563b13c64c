import { hubspotFromResource } from "../../f/reverse_etl/hubspot/resource.ts";
import type { HubSpotResource } from "../../f/reverse_etl/hubspot/resource_settings.ts";
import { type PreflightReport, preflight } from "../../f/reverse_etl/hubspot_preflight.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import { counted, type Printer } from "./printer.ts";
import { findSync, loadProject } from "./project.ts";
import type { Surroundings } from "./surroundings.ts";
import { withSync } from "./sync_session.ts";
import { type WorkspaceOptions, withWorkspace } from "./workspace.ts";

/** Compares a sync's mapping with the source and with HubSpot's property definitions; writes nothing anywhere. */
export async function preflightCommand(
  surroundings: Surroundings,
  key: string,
  options: WorkspaceOptions,
): Promise<CommandResult> {
  const declared = findSync(await loadProject(surroundings), key);
  const { resources, timings } = declared.sync.config;
  const needs = { warehouses: [resources.warehouse], hubspots: [resources.hubspot] };
  return withWorkspace(surroundings, options, needs, async (open) => {
    const resource = open.workspace.resources[resources.hubspot] as HubSpotResource;
    const hubspot = hubspotFromResource(resource, timings.call_timeout_seconds * 1000);
    const report = await withSync(open, declared, "preflight", (session) => preflight(hubspot, session));
    return {
      exit: report.problems.length === 0 ? EXIT.fine : EXIT.problems,
      document: { sync: key, ...report },
      text: (printer) => textOf(printer, key, report),
    };
  });
}

function textOf(
  printer: Printer,
  key: string,
  { object_type, properties, problems, creates }: PreflightReport,
): string {
  const { colors, heading } = printer;
  return [
    problems.length === 0
      ? `${heading(key)}  ${colors.green("HubSpot can take it")}: ${counted(properties, "property", "properties")} of ${object_type}`
      : `${heading(key)}  ${colors.red(counted(problems.length, "problem"))}: HubSpot would refuse rows`,
    ...(problems.length === 0
      ? []
      : [
          printer.table(
            ["property", "code", "problem", "fix"],
            problems.map(({ property, code, problem, fix }) => [property, code, problem, fix]),
          ),
        ]),
    ...(creates.length === 0 ? [] : [`  The next run creates ${creates.join(", ")}.`]),
  ].join("\n");
}
