import { RetlError } from "../sync/error.ts";

/** What the dbt prep asks a back end to build. */
export interface DbtRequest {
  /** The models that the run's syncs read, as `schema.name`; their upstream models are built, too. */
  readonly models: readonly string[];
  /** Whether incremental models are built from scratch. */
  readonly fullRefresh: boolean;
  /** The run that asks, for the back end's own records. */
  readonly runId: string;
}

/** One node of dbt's results, with dbt's many statuses turned into one word. */
export interface DbtNode {
  /** dbt's `unique_id`, such as `model.shop.hubspot_contacts`. */
  readonly uniqueId: string;
  readonly kind: "model" | "test" | "other";
  readonly outcome: "passed" | "warned" | "failed" | "skipped" | "no_op" | "unknown";
  /** `schema.name` of the table or view that the node makes, in lower case; null for one that makes none. */
  readonly relation: string | null;
  /** For a test: the models and sources it looks at, as unique ids. */
  readonly tests: readonly string[];
  /** For anything else: everything it is made from, however far up, as unique ids. */
  readonly upstream: readonly string[];
  /** What dbt says of a node that did not pass, without values of rows; null when it says nothing. */
  readonly message: string | null;
}

export interface DbtResult {
  /** dbt's invocation id; null when nothing was run. */
  readonly invocationId: string | null;
  readonly nodes: readonly DbtNode[];
  /** True when this back end builds nothing, so that there are no nodes to look at. */
  readonly builtByOthers: boolean;
}

/**
 * Builds the warehouse tables that the syncs read.
 * Answers what became of each node, failures included. Throws `RETL_DBT_FAILED` when dbt ran and did not come to any node,
 * and `RETL_DBT_UNAVAILABLE` when it cannot tell what dbt did; another try of both is safe, because dbt replaces what it builds.
 */
export interface DbtBackend {
  build(request: DbtRequest): Promise<DbtResult>;
}

export type OpenDbtBackend = (resource: Readonly<Record<string, unknown>>) => DbtBackend;

const openers = new Map<string, OpenDbtBackend>();

/** Adds a back end under the name that a dbt resource's `backend` gives. */
export function registerDbtBackend(name: string, open: OpenDbtBackend): void {
  openers.set(name, open);
}

/**
 * Opens the back end that a dbt resource names; no resource at all means `none`.
 * Throws `RETL_CONFIG` for a resource without `backend` and for a back end that nobody registered.
 */
export function openDbtBackend(resource: unknown): DbtBackend {
  const description = resource ?? { backend: "none" };
  const name = typeof description === "object" && "backend" in description ? description.backend : undefined;
  const open = typeof name === "string" ? openers.get(name) : undefined;
  if (open !== undefined) return open(description as Readonly<Record<string, unknown>>);
  throw new RetlError("RETL_CONFIG", {
    what:
      typeof name === "string"
        ? `The dbt resource names the back end "${name}", which is not available here.`
        : "The dbt resource does not say which `backend` builds the tables.",
    state: "Nothing was built or sent.",
    next: `Back ends available here: ${[...openers.keys()].sort().join(", ") || "none is registered"}.`,
  });
}
