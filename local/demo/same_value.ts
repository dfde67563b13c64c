import type { PropertyKind } from "./hubspot_properties.ts";

/**
 * Whether two texts of a property mean the same value: numbers and moments may be written in several ways and HubSpot promises
 * none of them; everything else must be equal to the letter. `""` is no value and equals only itself.
 */
export function sameValue(kind: PropertyKind, one: string, other: string): boolean {
  if (one === other) return true;
  if (one === "" || other === "") return false;
  if (kind === "number") return plainNumber(one) !== null && plainNumber(one) === plainNumber(other);
  if (kind === "datetime") return Date.parse(one) === Date.parse(other);
  return false;
}

/** A number without leading and trailing zeros, compared as text so that no digit is lost; null for another notation. */
function plainNumber(text: string): string | null {
  const match = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole, fraction = ""] = match;
  return `${sign}${whole}.${fraction}`;
}
