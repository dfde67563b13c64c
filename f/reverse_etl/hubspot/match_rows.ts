import type { WriteCall, WriteInput } from "../sync/hubspot_port.ts";
import type { ErrorObject, ResultRow } from "./answer_body.ts";
import { decimalText } from "./decimal_text.ts";

/** Which inputs of a call an answer speaks of. Indexes are positions in `call.inputs`. */
export interface RowIndex {
  /** The input that a result belongs to; null when it names none of ours, or contradicts itself. */
  ofResult(result: ResultRow): number | null;
  /** The inputs that an error names; empty when it names none. */
  ofError(error: ErrorObject): readonly number[];
}

/** A refusal of rows for each other's company; it lists one of the ids that HubSpot takes for the same, so it names no culprit. */
const DUPLICATE_IDS = /^Duplicate IDs found in batch input/i;

export function indexRows(call: WriteCall): RowIndex {
  const { inputs } = call;
  const keyProperty = keyPropertyOf(call);
  // An answer that repeats the trace ids, as nearly all do, is read without the keys.
  const byTrace = once(() => new Map(inputs.map((input, index) => [input.traceId, index])));
  const keys = once(() => inputs.map((input) => keyOf(input, keyProperty)));
  const byKey = once(() => uniqueIndex(keys().map((key) => exactKey(key, keyProperty))));
  const byLooseKey = once(() => uniqueIndex(keys().map((key) => looseKey(key, keyProperty))));

  const ofKey = (value: string | null | undefined): number | null => {
    if (value === null || value === undefined) return null;
    return (
      byKey().get(exactKey(value, keyProperty)) ?? byLooseKey().get(looseKey(value, keyProperty)) ?? null
    );
  };
  const ofCoordinate = (coordinate: string): number | null => {
    const hits = inputs.flatMap((_, index) =>
      keyProperty !== null && coordinate.endsWith(`:${keyProperty}:${keys()[index]}`) ? [index] : [],
    );
    return hits.length === 1 ? (hits[0] ?? null) : null;
  };

  return {
    ofResult(result) {
      // A trace id outweighs the key: an upsert may land on a record whose present key is another.
      if (result.traceId !== null) return byTrace().get(result.traceId) ?? null;
      if (keyProperty === null) return ofKey(result.id);
      return (
        keyValuesOf(result, keyProperty)
          .map(ofKey)
          .find((index) => index !== null) ?? null
      );
    },
    ofError(error) {
      if (DUPLICATE_IDS.test(error.message)) return [];
      const traces = error.context.objectWriteTraceId;
      if (traces !== undefined && traces.length > 0)
        return distinct(traces.map((trace) => byTrace().get(trace)));
      const named = [
        ...(error.context.ids ?? []),
        ...(error.context.id ?? []),
        ...(keyProperty === null ? [] : (error.context[keyProperty] ?? [])),
      ];
      const coordinates = Object.entries(error.context).flatMap(([name, values]) =>
        /coordinates$/i.test(name) ? values : [],
      );
      return distinct([...named.map(ofKey), ...coordinates.map(ofCoordinate)]);
    },
  };
}

/** The property that the call's rows are recognised by; null means HubSpot's record id. */
function keyPropertyOf(call: WriteCall): string | null {
  if (call.action === "create") {
    // Contacts are unique by address whatever the sync says (CRM contacts guide, read 2026-11).
    return (
      call.uniqueProperty ?? (call.objectType === "contacts" || call.objectType === "0-1" ? "email" : "")
    );
  }
  const named = call.inputs[0]?.idProperty;
  return named === undefined || named === "hs_object_id" ? null : named;
}

/** A contact answers to its additional addresses, too. */
function keyValuesOf({ properties }: ResultRow, keyProperty: string): readonly string[] {
  const more = keyProperty === "email" ? (properties.hs_additional_emails ?? "").split(";") : [];
  return [properties[keyProperty] ?? "", ...more].filter((value) => value !== "");
}

function keyOf(input: WriteInput, keyProperty: string | null): string | null {
  return input.id ?? (keyProperty === null ? null : (input.properties[keyProperty] ?? null));
}

function exactKey(value: string, keyProperty: string | null): string;
function exactKey(value: string | null, keyProperty: string | null): string | null;
function exactKey(value: string | null, keyProperty: string | null): string | null {
  if (value === null) return null;
  return keyProperty === "email" ? value.trim().toLowerCase() : value.trim();
}

/** A unique number property may come back in another notation. */
function looseKey(value: string, keyProperty: string | null): string;
function looseKey(value: string | null, keyProperty: string | null): string | null;
function looseKey(value: string | null, keyProperty: string | null): string | null {
  const exact = exactKey(value, keyProperty);
  return exact === null || keyProperty === null ? exact : (decimalText(exact) ?? exact);
}

/** Leaves out keys that several inputs share: such a key names no one. */
function uniqueIndex(keys: readonly (string | null)[]): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  const shared = new Set<string>();
  for (const [position, key] of keys.entries()) {
    if (key === null || key === "") continue;
    if (index.has(key)) shared.add(key);
    index.set(key, position);
  }
  for (const key of shared) index.delete(key);
  return index;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function distinct(indexes: readonly (number | null | undefined)[]): readonly number[] {
  return [...new Set(indexes.filter((index) => index !== null && index !== undefined))];
}
