/**
 * What can happen to an asset in a run. `incomplete` is a run that went well but left something for the next one; `associated` comes after
 * `materialized`, when its records were brought together with those of other assets. `purged` tells that what was kept of some rows is gone.
 */
export type RunEventKind =
  | "planned"
  | "started"
  | "materialized"
  | "associated"
  | "purged"
  | "incomplete"
  | "skipped"
  | "failed";

/** One typed fact about an event; numbers can be plotted over time. */
export type MetadataValue =
  | { readonly type: "int" | "float"; readonly value: number }
  | { readonly type: "text" | "url"; readonly value: string }
  | { readonly type: "duration"; readonly milliseconds: number }
  | { readonly type: "table"; readonly rows: readonly Readonly<Record<string, string | number | null>>[] };

export type Metadata = Readonly<Record<string, MetadataValue>>;

/** One recorded event; the recorder adds the time. */
export interface RunEvent {
  readonly run_id: string;
  readonly asset_key: string;
  readonly kind: RunEventKind;
  readonly code_version: string | null;
  /** Names the data that the event made; two equal ones are the same data. */
  readonly data_version: string | null;
  readonly metadata: Metadata;
}

export function int(value: number): MetadataValue {
  return { type: "int", value };
}

export function text(value: string): MetadataValue {
  return { type: "text", value };
}

export function duration(milliseconds: number): MetadataValue {
  return { type: "duration", milliseconds };
}

/** An event with what is usually absent filled in. */
export function runEvent(
  run_id: string,
  asset_key: string,
  kind: RunEventKind,
  facts: {
    readonly code_version?: string;
    readonly data_version?: string;
    readonly metadata?: Metadata;
  } = {},
): RunEvent {
  return { run_id, asset_key, kind, code_version: null, data_version: null, metadata: {}, ...facts };
}
