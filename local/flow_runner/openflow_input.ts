import { z } from "zod";

/**
 * The part of OpenFlow that the runner reads, after Windmill's openflow.openapi.yaml (1.788). A superset of
 * what the compiler emits: inline scripts, too. Objects are strict: a key that the runner does not know could
 * change what Windmill does, so it is refused. Keys that are listed and not used (summary, priority …) change
 * nothing that a run gives.
 */

const expression = z.string().min(1);

/**
 * Windmill 1.788 reads an absent `skip_failures` as true in one place (deserializer) and as false in another
 * (executor).
 */
const explicit = (key: string) =>
  z.boolean({ error: `${key} must be written: Windmill reads its absence in two ways` });

const inputTransform = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("static"), value: z.unknown() }),
    z.strictObject({ type: z.literal("javascript"), expr: expression }),
  ],
  { error: (issue) => `input transform type ${named(issue.input)} is not supported` },
);

const numberOrTransform = z.union([z.number(), inputTransform]);

const retry = z.strictObject({
  constant: z
    .strictObject({ attempts: z.int().min(0).optional(), seconds: z.int().min(0).optional() })
    .optional(),
  exponential: z
    .strictObject({
      attempts: z.int().min(0).optional(),
      multiplier: z.int().min(0).optional(),
      seconds: z.int().min(0).optional(),
      random_factor: z.int().min(0).max(100).optional(),
    })
    .optional(),
  retry_if: z.strictObject({ expr: expression }).optional(),
});

const inputTransforms = z.record(z.string(), inputTransform).default({});
const unusedScriptKeys = {
  tag: z.string().optional(),
  lock: z.string().optional(),
  is_trigger: z.boolean().optional(),
  assets: z.unknown().optional(),
};

const script = z.strictObject({
  type: z.literal("script"),
  path: z.string().min(1),
  input_transforms: inputTransforms,
  hash: z.string().optional(),
  tag_override: z.string().optional(),
  is_trigger: z.boolean().optional(),
});

const rawScript = z.strictObject({
  type: z.literal("rawscript"),
  language: z.enum(["bun", "deno", "nativets", "bunnative"]),
  content: z.string(),
  path: z.string().optional(),
  input_transforms: inputTransforms,
  ...unusedScriptKeys,
});

const identity = z.strictObject({ type: z.literal("identity") });

const forLoop = z.strictObject({
  type: z.literal("forloopflow"),
  iterator: inputTransform,
  get modules() {
    return z.array(flowModule);
  },
  skip_failures: explicit("skip_failures"),
  parallel: z.boolean().default(false),
  parallelism: numberOrTransform.optional(),
});

const branchOne = z.strictObject({
  type: z.literal("branchone"),
  get branches() {
    return z.array(
      z.strictObject({ summary: z.string().optional(), expr: expression, modules: z.array(flowModule) }),
    );
  },
  get default() {
    return z.array(flowModule);
  },
});

const branchAll = z.strictObject({
  type: z.literal("branchall"),
  get branches() {
    return z.array(
      z.strictObject({
        summary: z.string().optional(),
        skip_failure: explicit("skip_failure"),
        modules: z.array(flowModule),
      }),
    );
  },
  parallel: z.boolean().default(true),
});

const moduleValue = z.discriminatedUnion(
  "type",
  [script, rawScript, identity, forLoop, branchOne, branchAll],
  { error: (issue) => `module type ${named(issue.input)} is not supported` },
);

const flowModule = z.strictObject({
  id: z.string().regex(/^[A-Za-z_0-9]+$/, "a module's id has only letters, digits and _"),
  get value() {
    return moduleValue;
  },
  skip_if: z.strictObject({ expr: expression }).optional(),
  stop_after_if: z
    .strictObject({
      expr: expression,
      skip_if_stopped: z.boolean(),
      error_message: z.string().min(1).nullish(),
    })
    .optional(),
  sleep: inputTransform.optional(),
  timeout: numberOrTransform.optional(),
  retry: retry.optional(),
  continue_on_error: z.boolean().optional(),
  summary: z.string().optional(),
  priority: z.number().optional(),
  delete_after_secs: z.number().optional(),
});

const flowValue = z.strictObject({
  modules: z.array(flowModule),
  failure_module: flowModule.optional(),
  flow_env: z.record(z.string(), z.unknown()).optional(),
  same_worker: z.literal(false, { error: "same_worker is not supported" }).optional(),
  early_return: z.string().optional(),
  preserve_step_tags: z.boolean().optional(),
  priority: z.number().optional(),
  concurrent_limit: z.number().optional(),
  concurrency_key: z.string().optional(),
  concurrency_time_window_s: z.number().optional(),
  notes: z.unknown().optional(),
  groups: z.unknown().optional(),
});

/** `value` of a flow file. */
export const flowValueSchema = flowValue;

export type FlowValue = z.infer<typeof flowValue>;
export type FlowModule = z.infer<typeof flowModule>;
export type InputTransform = z.infer<typeof inputTransform>;
export type Retry = z.infer<typeof retry>;
export type ForLoop = z.infer<typeof forLoop>;
export type BranchOne = z.infer<typeof branchOne>;
export type BranchAll = z.infer<typeof branchAll>;
export type ScriptValue = z.infer<typeof script> | z.infer<typeof rawScript>;

function named(input: unknown): string {
  const type = typeof input === "object" && input !== null && "type" in input ? input.type : undefined;
  return typeof type === "string" ? `"${type}"` : "without a name";
}
