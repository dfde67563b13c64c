import type { PushRow, PushSync } from "./call_of_changes.ts";

/**
 * What the body of one call may have. HubSpot documents no limit of a request's size; this one is ours: a hundred rows of some kilobytes
 * fit, and what is read, sent and repeated at once stays small however long the values are.
 */
export const MOST_BYTES = 1024 * 1024;

/** A row's part of a body beside its names and values: its braces, keys and trace id, and a share of what encloses the rows. */
export const ROW_BYTES = 256;

/** `"":"",` */
const PROPERTY_BYTES = 6;

/** A UTF-16 unit as JSON in UTF-8 writes it at most: `\u0000`. */
const UNIT_BYTES = 6;

/**
 * What a row adds to a call's body at most, in bytes, whichever of its properties are sent, now or when it is sent again. Counting units is
 * enough for a row of which a full call would still be small; only larger ones are written out to be measured. What is read of the same rows
 * is less: their ids and the names of their properties.
 */
export function bytesOf({ idProperty, batchSize }: PushSync, { change }: PushRow): number {
  const { id, payload, desired } = change;
  let units = id.length + (idProperty ?? "").length;
  let properties = 0;
  const count = (name: string, value = "") => {
    properties += 1;
    units += name.length + value.length;
  };
  for (const name in desired) if (!Object.hasOwn(payload, name)) count(name, desired[name]);
  for (const name in payload) count(name, payload[name]);
  const most = ROW_BYTES + properties * PROPERTY_BYTES + units * UNIT_BYTES;
  if (most * batchSize <= MOST_BYTES) return most;
  return (
    ROW_BYTES + new TextEncoder().encode(JSON.stringify([idProperty, id, { ...desired, ...payload }])).length
  );
}
