import * as z from "zod";
import { isIdentifier } from "../warehouse/identifier.ts";
import { associationShape, repeatedAssociations } from "./association_config.ts";
import { RetlError } from "./error.ts";
import { OPERATION_MODES, REMOVED_OPERATIONS } from "./operation_mode.ts";
import { settings } from "./settings.ts";

const identifier = z
  .string()
  .refine(
    isIdentifier,
    "must be a plain SQL identifier: letters, digits, _ and $, not starting with a digit",
  );

/** HubSpot's internal property names: lower case, digits, underscores (developers.hubspot.com, properties guide, read 2026-11). */
const propertyName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,99}$/,
    "must be a HubSpot internal property name: lower-case letters, digits and _",
  );

const windmillPath = z
  .string()
  .regex(/^[fu](\/[A-Za-z0-9_]+){2,}$/, "must be a Windmill path such as f/reverse_etl/hubspot");

const nullPolicy = z.enum(["clear", "keep"]);

const columnMapping = settings({
  destination_name: propertyName,
  snowflake_name: identifier,
  /** What the column must turn out to be; a column of another kind is an error before anything is sent. */
  type: z.enum(["text", "number", "date", "datetime", "bool"]).optional(),
  /** Overrides the sync's null_policy for this column. */
  when_null: nullPolicy.optional(),
});

const seconds = (fallback: number) => z.number().positive().max(86_400).default(fallback);
const fraction = (fallback: number) => z.number().min(0).max(1).default(fallback);
const count = (fallback: number, smallest: number, largest: number) =>
  z.number().int().min(smallest).max(largest).default(fallback);

const syncShape = settings({
  schema: identifier,
  /** The table (a dbt model) that holds one row a record, as HubSpot should have it. */
  current_state_tbl: identifier,
  /** The table of detected changes; the other tables of the sync are named after it. */
  sync_table_name: identifier,
  unique_id_col: identifier,
  /** Changes a call; HubSpot takes at most 100 inputs a batch request (CRM objects API v3, read 2026-11). */
  batch_size: count(100, 1, 100),
  column_mappings: z.array(columnMapping).min(1, "must map at least one column"),

  /** `contacts`, `companies`, `2-1234567`. */
  object_type: z
    .string()
    .regex(/^([a-z][a-z0-9_]*|\d+-\d+)$/, "must be a HubSpot object type such as contacts or 2-1234567"),
  /** `update`: unique_id_col holds HubSpot record ids. Every other mode: it holds values of match_property. */
  operation_mode: z.enum(OPERATION_MODES),
  /** The unique property that unique_id_col holds values of; not with `update`. */
  match_property: propertyName.optional(),
  /** Only with `create`: what becomes of the records made when their rows change. */
  on_changed: z.enum(["update", "leave"]).optional(),
  /** What becomes of the records of rows that are gone from the source; `mirror` archives them. */
  on_removed: z.enum(REMOVED_OPERATIONS).optional(),
  /** What NULL means: `clear` empties the property, `keep` leaves it alone. */
  null_policy: nullPolicy.default("clear"),

  /**
   * Lets a run create the mapped properties that HubSpot lacks, with the type of their columns; `group_name` is their group, and
   * `match_property` lets it create that one, too, as a text with unique values.
   */
  create_missing_properties: z
    .union([
      z.boolean(),
      settings({ group_name: propertyName.optional(), match_property: z.boolean().default(false) }),
    ])
    .default(false),

  /** The associations of its records with those of other syncs, made after both have been pushed. */
  associations: z.array(associationShape).default([]),

  /** A table of the same schema whose ids are never sent; `column` is unique_id_col when absent. */
  suppressions: settings({ table: identifier, column: identifier.optional() }).optional(),

  guards: settings({
    /** Share of the rows known to the state that may be missing in the source. */
    max_removed_fraction: fraction(0.05),
    /** Share of the rows known to the state that may have changed. */
    max_changed_fraction: fraction(0.3),
    /** Up to this many rows the two fractions are not looked at. */
    floor_rows: count(500, 0, 1_000_000_000),
  }).prefault({}),
  batch_sizing: settings({
    one_batch_up_to_calls: count(32, 0, 1_000_000),
    calls_per_batch: count(15, 1, 1_000_000),
    max_batches: count(512, 1, 10_000),
    /** Batches pushed at the same time, each a Windmill job. */
    parallelism: count(4, 1, 16),
  }).prefault({}),
  rate: settings({
    /** Calls that HubSpot permits in `window_seconds`: 190 in 10 s for a private app of a Professional account (usage guidelines, read 2026-11). */
    calls: count(190, 1, 10_000),
    window_seconds: seconds(10),
    /** Calls of one batch that wait for HubSpot at the same time: as many as leave during a slow answer when one batch has the whole limit. */
    calls_in_flight: count(16, 1, 32),
    /** Part of the account's calls of a day that is left to other applications; a run that comes to it defers the rest to the next. */
    daily_reserve: fraction(0.1),
  }).prefault({}),
  timings: settings({
    lease_seconds: seconds(180),
    lease_extend_seconds: seconds(30),
    call_timeout_seconds: seconds(30),
    /** How long HubSpot may go on with a request that was given up. */
    hubspot_request_seconds: seconds(60),
    clock_skew_seconds: seconds(5),
    /** How long a push waits for a HubSpot that answers nothing but server errors, or not at all, before it ends; 0 ends it at once. */
    outage_seconds: z.number().min(0).max(86_400).default(300),
  })
    .prefault({})
    .refine(
      (timings) =>
        timings.lease_seconds >
        timings.call_timeout_seconds +
          timings.hubspot_request_seconds +
          timings.clock_skew_seconds +
          timings.lease_extend_seconds,
      "lease_seconds must be longer than call_timeout + hubspot_request + clock_skew + lease_extend, or a healthy run would pause",
    ),
  rejections: settings({
    /** A rejected row is tried again after this long, then after twice as long, and so on. */
    first_retry_hours: z.number().positive().default(20),
    max_retry_hours: z.number().positive().default(168),
  }).prefault({}),
  retention: settings({
    /** Changes and journal entries of runs settled longer ago are pruned. */
    settled_days: count(30, 1, 3_650),
  }).prefault({}),
  /** Who is told of what, once per change of state; nobody when absent. A run that fails or is held raises an alert, too. */
  alerts: settings({
    /** A resource `{ url }`: an incoming webhook that takes Slack's messages. */
    webhook: windmillPath,
    /** Source rows that may be refused or in doubt. */
    max_failed_rows: z.number().int().min(0).optional(),
    /** Share of the source's rows that may be refused or in doubt. */
    max_failed_fraction: z.number().min(0).max(1).optional(),
    /** How long a run may take, from its plan to its end. */
    max_run_minutes: z.number().positive().optional(),
  }).optional(),
  resources: settings({
    warehouse: windmillPath.default("f/reverse_etl/snowflake"),
    hubspot: windmillPath.default("f/reverse_etl/hubspot"),
  }).prefault({}),
});

/** The names under which one sync keeps its tables. */
const TABLE_SUFFIXES = ["", "_journal", "_state", "_rejections", "_fold", "_lease", "_associations"] as const;
/** Those that all syncs of a schema share. */
const SHARED_TABLES = ["retl_runs", "asset_events", "retl_alerts"] as const;
const COLUMNS_OF_OUR_TABLES = [
  ...[
    "run_id",
    "seq",
    "operation",
    "reason",
    "hubspot_id",
    "known",
    "payload",
    "desired",
    "kept",
    "row_hash",
  ],
  ...[
    "detected_at",
    "in_doubt",
    "acknowledged_at",
    "removed_at",
    "resync_requested_at",
    "code",
    "property",
    "message",
    "attempts",
  ],
  ...["first_at", "last_at", "next_try_at"],
];

const syncSchema = syncShape.superRefine((sync, context) => {
  const problem = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  if (sync.operation_mode !== "update" && sync.match_property === undefined) {
    problem(
      ["match_property"],
      `is required with operation_mode ${sync.operation_mode}: the unique property to match by`,
    );
  }
  if (sync.operation_mode === "update" && sync.match_property !== undefined) {
    problem(["match_property"], "goes with the other modes; update matches by HubSpot's record id");
  }
  if (sync.on_changed !== undefined && sync.operation_mode !== "create") {
    problem(["on_changed"], "goes with operation_mode create; the other modes always send changes");
  }
  if (sync.operation_mode === "mirror" && sync.on_removed !== undefined && sync.on_removed !== "archive") {
    problem(["on_removed"], `is archive with operation_mode mirror; use upsert to ${sync.on_removed} them`);
  }
  if (sync.match_property === "email" && !["contacts", "0-1"].includes(sync.object_type)) {
    problem(["match_property"], "email identifies contacts only: use a custom unique property");
  }
  if (sync.match_property === "hs_object_id") {
    problem(["match_property"], "hs_object_id is the record id: use operation_mode update");
  }
  if (COLUMNS_OF_OUR_TABLES.includes(sync.unique_id_col.toLowerCase())) {
    problem(
      ["unique_id_col"],
      `is the name of a column that Tailrace keeps beside it: ${COLUMNS_OF_OUR_TABLES.join(", ")}`,
    );
  }
  const listed = sync.suppressions?.table.toLowerCase();
  if (listed === sync.current_state_tbl.toLowerCase()) {
    problem(["suppressions", "table"], "is current_state_tbl, so no row would ever be sent");
  }
  const ours = [...TABLE_SUFFIXES.map((suffix) => sync.sync_table_name + suffix), ...SHARED_TABLES];
  if (listed !== undefined && ours.some((name) => name.toLowerCase() === listed)) {
    problem(["suppressions", "table"], `is a table of Tailrace's own: ${ours.join(", ")}`);
  }
  for (const suffix of TABLE_SUFFIXES) {
    if ((sync.sync_table_name + suffix).toLowerCase() === sync.current_state_tbl.toLowerCase()) {
      problem(["sync_table_name"], `would make ${sync.sync_table_name}${suffix}, which is current_state_tbl`);
    }
  }
  for (const { path, message } of repeatedAssociations(sync.associations)) problem(path, message);
  const seen = new Map<string, number>();
  for (const [index, mapping] of sync.column_mappings.entries()) {
    const name = mapping.destination_name;
    const first = seen.get(name);
    if (first !== undefined) {
      problem(
        ["column_mappings", index, "destination_name"],
        `"${name}" is mapped already by column_mappings.${first}`,
      );
    }
    seen.set(name, index);
    if (name === sync.match_property) {
      problem(
        ["column_mappings", index, "destination_name"],
        `"${name}" is match_property, which unique_id_col fills`,
      );
    }
  }
});

/** What one sync does, as written in `flows/`; every default is filled in by `parseSync`. */
export type SyncInput = z.input<typeof syncShape>;
export type SyncConfig = z.output<typeof syncShape>;

/** Problems of a sync's configuration, each `path: message`; empty when there are none. */
export function syncProblems(input: unknown): string[] {
  const parsed = syncSchema.safeParse(input);
  return parsed.success ? [] : problemsOf(parsed.error);
}

/** Throws `RETL_CONFIG` that lists every problem, each naming its path. */
export function parseSync(input: unknown): SyncConfig {
  const parsed = syncSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error);
  throw new RetlError("RETL_CONFIG", {
    what: `The configuration of a sync has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join("\n")}\n`,
    state: "Nothing was read or written.",
    next: "Correct it in flows/ and run npm run build.",
    details: { problems },
  });
}

function problemsOf(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) =>
    issue.message.split("\n").map((problem) => `${issue.path.join(".") || "the sync"}: ${problem}`),
  );
}
