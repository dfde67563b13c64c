import { RetlError } from "../sync/error.ts";
import type { DbtBackend, DbtBuild } from "./dbt_backend.ts";

/** Fields of a dbt resource that may hold secrets; variables do where a project has no better place for them. */
const SECRET_FIELDS = ["token", "environment", "vars"];

/** What is shorter is a word such as a target's name: to take it out would hide more than it keeps. */
const SHORTEST_SECRET = 8;

/**
 * The same back end, with every value of the resource's secret fields taken out of what it throws and of what it says of nodes: dbt may
 * repeat a variable in any message.
 */
export function discreetBackend(
  backend: DbtBackend,
  resource: Readonly<Record<string, unknown>>,
): DbtBackend {
  const secrets = SECRET_FIELDS.flatMap((field) => textsIn(resource[field])).filter(
    (text) => text.length >= SHORTEST_SECRET,
  );
  if (secrets.length === 0) return backend;
  const clean = cleaner(secrets);
  async function discreet<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw cleanedError(error, clean);
    }
  }
  const discreetBuild = (build: DbtBuild): DbtBuild => ({
    reference: build.reference,
    url: build.url,
    poll: () => discreet(() => build.poll()),
    async result() {
      const result = await discreet(() => build.result());
      const nodes = result.nodes.map((node) => ({
        ...node,
        message: node.message === null ? null : clean(node.message),
      }));
      return { ...result, nodes, warnings: result.warnings.map(clean) };
    },
    cancel: () => discreet(() => build.cancel()),
  });
  return {
    timeoutMs: backend.timeoutMs,
    start: async (request) => discreetBuild(await discreet(() => backend.start(request))),
  };
}

/** Every text in a JSON value, the names of fields left out. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Takes out texts as they are and as JSON and URLs carry them; longer ones first, because one may contain another. */
function cleaner(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
  ]);
  const ordered = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((cleaned, form) => cleaned.replaceAll(form, "***"), text);
}

function cleanedError(error: unknown, clean: (text: string) => string): unknown {
  if (!(error instanceof RetlError)) return error;
  const details = JSON.parse(clean(JSON.stringify(error.details))) as Record<string, unknown>;
  const cleaned = new RetlError(error.code, { what: "", state: "", next: "", details });
  cleaned.message = clean(error.message);
  cleaned.stack = clean(error.stack ?? "");
  return cleaned;
}
