import { z } from "zod";
import { PROPERTY_TYPES, type PropertyType } from "./property_definition.ts";

/** The token that is accepted when none is configured. */
export const DEFAULT_TOKEN = "simulator-token";

const milliseconds = z.number().int().nonnegative();
const rate = z.number().min(0).max(1);

const pattern = z.string().refine((source) => {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}, "not a regular expression");

/** Which calls a fault is about; what is left out matches every call. */
const callMatch = z.strictObject({
  method: z.string().optional(),
  /** A regular expression over the path with its query. */
  path: pattern.optional(),
  bodyContains: z.string().optional(),
});

/** An answer in place of the real one: a string is sent as it is, anything else as JSON, nothing as an empty body. */
const cannedReply = z.strictObject({
  status: z.number().int().min(200).max(599),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

/**
 * What goes wrong. Three independent things: whether and when the call is applied, when the reply leaves, and what it is.
 *
 * - `apply`: `now`, `never`, or after so many milliseconds, whatever became of the reply. By default `now`, but `never` with a canned reply.
 * - `delayMs`: how much later than usual the reply leaves.
 * - `reply`: the real one (`normal`; the connection is closed when the call was not applied by then), a success that accounts for no input (`empty_results`), none with the connection
 *   closed (`close`) or reset (`reset`), none at all (`hang`), or a canned one.
 * - `echo`: properties that the reply shows with another value than HubSpot holds.
 */
const faultAction = z.strictObject({
  apply: z.union([z.enum(["now", "never"]), z.strictObject({ afterMs: milliseconds })]).optional(),
  delayMs: milliseconds.optional(),
  reply: z.union([z.enum(["normal", "empty_results", "close", "reset", "hang"]), cannedReply]).optional(),
  echo: z.record(z.string(), z.string()).optional(),
});

/** Acts on the `nth` matching call (1: the next one) and on the `times - 1` matching calls after it. */
const faultRule = z.strictObject({
  match: callMatch.default({}),
  nth: z.number().int().positive().default(1),
  times: z.union([z.number().int().positive(), z.literal("always")]).default(1),
  action: faultAction,
});

/** Acts on a matching call with this probability, drawn from the seed. */
const randomFault = z.strictObject({ match: callMatch.default({}), rate, action: faultAction });

export const faultRules = z.array(faultRule);

export const propertySpecification = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]*$/),
  type: z.enum(PROPERTY_TYPES as [PropertyType, ...PropertyType[]]),
  fieldType: z.string().optional(),
  label: z.string().optional(),
  description: z.string().optional(),
  groupName: z.string().optional(),
  options: z
    .array(z.union([z.string(), z.strictObject({ label: z.string(), value: z.string() })]))
    .optional(),
  hasUniqueValue: z.boolean().optional(),
  readOnly: z.boolean().optional(),
  calculated: z.boolean().optional(),
  required: z.boolean().optional(),
});

/** A custom object type, or (by the name of one that HubSpot has) more properties of that type. */
const objectSpecification = z.strictObject({
  name: z.string(),
  objectTypeId: z
    .string()
    .regex(/^2-\d+$/)
    .optional(),
  singular: z.string().optional(),
  properties: z.array(propertySpecification).default([]),
});

export const objectSpecifications = z.array(objectSpecification);

const shape = {
  /** Decides latencies, the order of results, ids of correlation and random faults. */
  seed: z.number().int().default(1),
  portalId: z.number().int().positive().default(48_000_001),
  accountType: z.enum(["STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"]).default("DEVELOPER_TEST"),
  /** The account's time zone: its midnight ends the daily limit. */
  timeZone: z.string().default("UTC"),
  /** One per private app of the portal; without `scopes` an app may do everything. */
  tokens: z
    .array(z.strictObject({ token: z.string().min(1), scopes: z.array(z.string()).optional() }))
    .min(1)
    .default([{ token: DEFAULT_TOKEN }]),
  /** Calls of one token in any `windowMs`: a Pro private app's 190 in 10 s (usage guidelines, read 2026-11). */
  burst: z
    .strictObject({
      calls: z.number().int().positive(),
      windowMs: z.number().int().positive().default(10_000),
    })
    .default({ calls: 190, windowMs: 10_000 }),
  /** Calls of all tokens until midnight, or for `resetMs` from the first one: Pro's 625,000 (usage guidelines, read 2026-11). */
  daily: z
    .strictObject({
      calls: z.number().int().nonnegative(),
      resetMs: z.number().int().positive().optional(),
    })
    .default({ calls: 625_000 }),
  /** Whether a 429 carries Retry-After, which HubSpot does not promise. */
  retryAfter: z.boolean().default(false),
  /** Each call takes a uniformly drawn time between the two. */
  latency: z
    .strictObject({ minMs: milliseconds, maxMs: milliseconds })
    .refine(({ minMs, maxMs }) => minMs <= maxMs, "minMs is above maxMs")
    .default({ minMs: 0, maxMs: 0 }),
  /** Whether an answer shows trace ids: everywhere, nowhere, or in `errors` only. */
  echoTraceIds: z.union([z.boolean(), z.literal("errors")]).default(true),
  /** Whether the answer to a write shows the properties that were sent. */
  echoProperties: z.boolean().default(true),
  /** How the answer to a write shows a property that is now without a value. */
  echoCleared: z.enum(["empty", "null", "omitted"]).default("empty"),
  /** `java` shows values as a Java server would: `1.0E7`, and no milliseconds where they are zero. */
  valueForm: z.enum(["canonical", "java"]).default("canonical"),
  /** What a batch read answers when it finds nothing; both are reported. */
  readNoneStatus: z.union([z.literal(207), z.literal(404)]).default(207),
  /**
   * What a read by the id of a merged-away record shows: the record that it went into, under that record's own id (seen in
   * community.hubspot.com, "Question about using batch read API", read 2026-11), or nothing.
   */
  readMergedAway: z.enum(["winner", "not_found"]).default("winner"),
  /** Whether every applied write is kept for inspection, at the price of memory. */
  history: z.boolean().default(true),
  objects: objectSpecifications.default([]),
  /** Labels that the account has between two object types, by the names that paths use. */
  associationLabels: z
    .array(
      z.strictObject({
        from: z.string(),
        to: z.string(),
        label: z.string(),
        typeId: z.number().int().positive().optional(),
        inverseTypeId: z.number().int().positive().optional(),
        inverseLabel: z.string().optional(),
      }),
    )
    .default([]),
  /** Associated records of one record on a page of a batch read. */
  associationPage: z.number().int().positive().default(500),
  faults: faultRules.default([]),
  randomFaults: z.array(randomFault).default([]),
};

export const settingsSchema = z.strictObject(shape);

const liveSettings = settingsSchema
  .omit({ seed: true, portalId: true, history: true, objects: true, associationLabels: true, faults: true })
  .partial();

/** The settings that may change while the simulator runs; only what was sent, without any default. Throws a `ZodError`. */
export function settingChanges(sent: unknown): Partial<Settings> {
  const parsed = liveSettings.parse(sent);
  const named = new Set(Object.keys(sent as object));
  return Object.fromEntries(Object.entries(parsed).filter(([name]) => named.has(name)));
}

export type Settings = z.output<typeof settingsSchema>;
export type SimulatorOptions = z.input<typeof settingsSchema>;
export type FaultRule = z.output<typeof faultRule>;
export type FaultRuleOptions = z.input<typeof faultRule>;
export type FaultAction = z.output<typeof faultAction>;
export type CallMatch = z.output<typeof callMatch>;
