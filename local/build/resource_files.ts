import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const ENDING = ".resource.yaml";

/** A resource as Windmill's command line reads it (windmill-cli 1.819, read 2026-11). */
const resource = z.strictObject({
  value: z.record(z.string(), z.unknown()),
  description: z.string().min(1, "say what the resource is for"),
  resource_type: z.string().regex(/^[a-z][a-z0-9_]*$/, "must be the name of a Windmill resource type"),
});

const VARIABLE = /^\$var:[fug](\/[A-Za-z0-9_]+)+$/;
/** Names of fields that hold a secret, in whatever resource type. */
const SECRET_NAME =
  /token|secret|passw|passphrase|private_?key|api_?key|access_?key|credential|authorization/i;
/** HubSpot's and dbt's tokens, private keys, and a password inside a URL, under whatever name. */
const SECRET_TEXT = /^pat-|^dbt[a-z]_|-----BEGIN|^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i;

/**
 * The files of `resources/` by name, as they are written into `f/`: each is copied, once nothing in it looks like a secret.
 * Throws an error that lists every problem; it names fields, never values.
 */
export function resourceFiles(folder: string): ReadonlyMap<string, string> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const contents = new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  const problems = [...contents].flatMap(([name, content]) =>
    resourceProblems(name, content).map((problem) => `resources/${name}: ${problem}`),
  );
  if (problems.length === 0) return contents;
  const list = problems.map((problem) => `  ${problem}`).join("\n");
  throw new Error(`BUILD_RESOURCES: nothing was written, because of resources/:\n${list}`);
}

function resourceProblems(name: string, content: string): readonly string[] {
  if (!/^[a-z][a-z0-9_]*\.resource\.yaml$/.test(name)) return [`the name must be <snake_case>${ENDING}.`];
  let document: unknown;
  try {
    document = parse(content);
  } catch {
    // What the parser says quotes the text around the place.
    return ["is not YAML."];
  }
  const parsed = resource.safeParse(document);
  const shape = parsed.error?.issues.map(
    ({ path, message }) => `${path.join(".") || "the file"}: ${message}`,
  );
  return [...(shape ?? []), ...secretsIn(document)];
}

function secretsIn(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, [...path, name]));
  }
  const isSecret = path[0] === "value" && path.some((name) => SECRET_NAME.test(name));
  const looksSecret = typeof value === "string" && SECRET_TEXT.test(value);
  if (!(isSecret || looksSecret) || (typeof value === "string" && VARIABLE.test(value))) return [];
  return [
    `${path.join(".")} must be a reference such as $var:f/reverse_etl/hubspot_token, never the secret itself.`,
  ];
}
