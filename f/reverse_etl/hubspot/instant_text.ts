const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
const EPOCH_MS = /^-?\d{1,14}$/;

/**
 * One text for all notations of an instant: ISO 8601 with or without fraction, with any offset (UTC when there is none), or a
 * date, which is its midnight UTC, as HubSpot stores it. Null for anything else.
 */
export function isoInstant(text: string): string | null {
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, date = "", minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = parts;
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const milliseconds = Date.parse(`${date}T${minutes}:${seconds}${offset}`);
  // Date.parse takes 30 February for 2 March.
  const exists = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
  if (!exists || Number.isNaN(milliseconds)) return null;
  return instantText(milliseconds, fraction);
}

/** The same text for whole milliseconds since 1970, HubSpot's other notation. Null for anything else. */
export function epochInstant(text: string): string | null {
  if (!EPOCH_MS.test(text)) return null;
  const milliseconds = BigInt(text);
  const thousand = 1000n;
  const rest = ((milliseconds % thousand) + thousand) % thousand;
  return instantText(Number(milliseconds - rest), String(rest).padStart(3, "0"));
}

function instantText(wholeSecondsMs: number, fraction: string): string {
  return `${wholeSecondsMs / 1000}.${fraction.replace(/0+$/, "")}`;
}
