import type { Clock } from "../sync/clock.ts";
import { RetlError } from "../sync/error.ts";
import type { Warehouse } from "../warehouse/warehouse.ts";
import { discreetBackend } from "./discreet_backend.ts";

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
  /** What else a person should know of this build. */
  readonly warnings: readonly string[];
}

/** One build, wherever it runs. Errors of `poll` whose code is transient say nothing of the build: it goes on. */
export interface DbtBuild {
  /** The build's name where it runs, to be recorded before anybody waits for it; null for one that ends with this process. */
  readonly reference: string | null;
  /** Where a person can look at it. */
  readonly url: string | null;
  poll(): Promise<"running" | "ended">;
  /**
   * What became of each node of an ended build, failures included. Throws `RETL_DBT_FAILED` when dbt ran and did not come to any
   * node, and `RETL_DBT_UNAVAILABLE` when it cannot tell what dbt did; another try of the step is safe.
   */
  result(): Promise<DbtResult>;
  cancel(): Promise<void>;
}

/** Builds the warehouse tables that the syncs read. */
export interface DbtBackend {
  /** Milliseconds after which a build is cancelled; null when the back end itself sees to that. */
  readonly timeoutMs: number | null;
  /**
   * Starts a build, or finds the one that this very request of this run started before: a step that Windmill runs again goes on
   * with it. Throws `RETL_CONFIG`, `RETL_DBT_REFUSED`, or `RETL_DBT_UNAVAILABLE` when nobody knows whether it was started.
   */
  start(request: DbtRequest): Promise<DbtBuild>;
}

/** What back ends work with beside their resource. */
export interface DbtSurroundings {
  readonly clock: Clock;
  /** Opens a session of the warehouse that the run reads; whoever opens it closes it. */
  openWarehouse(): Promise<Warehouse>;
}

export type OpenDbtBackend = (
  resource: Readonly<Record<string, unknown>>,
  surroundings: DbtSurroundings,
) => DbtBackend;

const openers = new Map<string, OpenDbtBackend>();

/** Adds a back end under the name that a dbt resource's `backend` gives. */
export function registerDbtBackend(name: string, open: OpenDbtBackend): void {
  openers.set(name, open);
}

/**
 * Opens the back end that a dbt resource names; no resource at all means `none`.
 * Throws `RETL_CONFIG` for a resource without `backend`, for a back end that nobody registered, and for whatever the back end refuses.
 */
export function openDbtBackend(resource: unknown, surroundings: DbtSurroundings): DbtBackend {
  const description = resource ?? { backend: "none" };
  const name = typeof description === "object" && "backend" in description ? description.backend : undefined;
  const open = typeof name === "string" ? openers.get(name) : undefined;
  if (open !== undefined) {
    const fields = description as Readonly<Record<string, unknown>>;
    return discreetBackend(open(fields, surroundings), fields);
  }
  throw new RetlError("RETL_CONFIG", {
    what:
      typeof name === "string"
        ? `The dbt resource names the back end "${name}", which is not available here.`
        : "The dbt resource does not say which `backend` builds the tables.",
    state: "Nothing was built or sent.",
    next: `Back ends available here: ${[...openers.keys()].sort().join(", ") || "none is registered"}.`,
  });
}
