import * as z from "zod";
import type { Asset } from "./asset.ts";
import type { Compute } from "./compute.ts";
import { isAssetKey, KEY_RULE } from "./key.ts";
import { unknownName } from "./unknown_name.ts";

/** Options that the design has and that do nothing yet; to accept them would promise something. */
const NOT_AVAILABLE = ["checks", "freshness", "retry", "partitions"];

const OWNER = /^(team:[a-z0-9][a-z0-9_-]*|[^@\s"]+@[^@\s"]+\.[^@\s"]+)$/;

/** One word of a selection, so that what is declared can also be selected. */
const label = z.string().regex(/^[a-z0-9][a-z0-9_./-]*$/, {
  error: ({ input }) => `${shown(input)} must be in lower case without blanks, such as "crm".`,
});

const owner = z
  .string()
  .regex(OWNER, { error: ({ input }) => `${shown(input)} is neither an e-mail address nor team:<name>.` });

const tagValue = z
  .string()
  .regex(/^[^"\n]+$/, { error: ({ input }) => `${shown(input)} must be a text without quotes.` });

const dependency = z.custom(isAsset, {
  error: ({ input }) =>
    typeof input === "string"
      ? `"${input}" is a text. A dependency is an object: name the asset's variable, or declare it by external("${input}").`
      : `${shown(input)} is not an asset. Two files that import each other may have left it undefined.`,
});

const callable = z.custom((value) => typeof value === "function", { error: "must be a function." });

const compute = z.discriminatedUnion(
  "stage",
  [
    z.looseObject({ stage: z.literal("opening"), kind: z.string() }),
    z.looseObject({
      stage: z.literal("publish"),
      kind: z.string(),
      writes: z.array(z.string()),
      problems: callable,
      modules: callable,
    }),
  ],
  {
    error: ({ input }) =>
      input === undefined
        ? "is missing. Say what computes the asset; one that others compute is declared by external(key)."
        : 'must have the stage "opening" or "publish".',
  },
);

const common = {
  key: z.custom(isAssetKey, {
    error: ({ input }) => `${shown(input)} is not an asset key. Use ${KEY_RULE}.`,
  }),
  description: z.string().optional(),
};

const assetShape = z.strictObject({
  ...common,
  compute,
  deps: withoutRepeats(z.array(dependency)).optional(),
  group: label.optional(),
  owners: withoutRepeats(z.array(owner)).optional(),
  kinds: withoutRepeats(z.array(label)).optional(),
  tags: z.record(label, tagValue).optional(),
});

const externalShape = z.strictObject(common);

/** What is wrong with the options of an asset, each `option: problem`; empty when nothing is. */
export function assetProblems(options: unknown): readonly string[] {
  return problemsOf(assetShape, options);
}

/** What is wrong with the options of an external asset. */
export function externalProblems(options: unknown): readonly string[] {
  return problemsOf(externalShape, options);
}

export function isAsset(value: unknown): value is Asset {
  return typeof value === "object" && value !== null && "compute" in value && "problems" in value;
}

export function isCompute(value: unknown): value is Compute {
  return compute.safeParse(value).success;
}

/** What is wrong with the names of options, where `known` are all that there are. */
export function unknownOptions(given: readonly string[], known: readonly string[]): readonly string[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) =>
      unknownName("option", name, known, NOT_AVAILABLE.includes(name) ? "is not available yet" : undefined),
    );
}

function problemsOf(shape: z.ZodObject, options: unknown): readonly string[] {
  const parsed = shape.safeParse(options);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return unknownOptions(issue.keys, Object.keys(shape.shape));
    // Of a tag's name zod wraps the problem.
    const message =
      issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    return [`${issue.path.join(".") || "the options"}: ${message}`];
  });
}

function withoutRepeats<T extends z.ZodArray>(array: T): T {
  return array.superRefine((values, context) => {
    values.forEach((value, index) => {
      if (values.indexOf(value) < index) {
        context.addIssue({ code: "custom", path: [index], message: `${shown(value)} is listed twice.` });
      }
    });
  });
}

function shown(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "object" && value !== null && "key" in value) return String(value.key);
  return String(value);
}
