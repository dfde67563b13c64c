const LONGEST = 200;

/**
 * HubSpot's sentence without what it repeats of the row: quoted texts, addresses, numbers and lists are replaced, and the values
 * that were sent wherever they stand. At most 200 characters.
 *
 * `keep` are words that may stay although they are quoted (property names).
 */
export function scrubMessage(
  message: string,
  sentValues: readonly string[],
  keep: readonly string[],
): string {
  let text = message.replace(/Property values were not valid:.*/s, "Property values were not valid");
  for (const value of [...sentValues].sort((a, b) => b.length - a.length)) {
    const bare = value.trim();
    if (bare !== "" && !keep.includes(bare)) text = without(text, bare);
  }
  text = text
    .replace(/https?:\/\/\S+/g, "…")
    .replace(/[^\s"'<>()[\],;:=]+@[^\s"'<>()[\],;:=]+/g, "…")
    .replace(/(["'])(?:\\.|(?!\1).)*\1/gs, (quoted) => {
      const inside = quoted.slice(1, -1).replaceAll("\\", "");
      return keep.includes(inside) ? `"${inside}"` : "…";
    })
    .replace(/value=[^,}]*/g, "value=…")
    .replace(/\[[^\]]*\]?/g, "[…]")
    .replace(/^.* was not one of the allowed options/s, "… was not one of the allowed options")
    .replace(/^.* (was not a valid|is not a valid)/s, "… $1")
    .replace(/\b[\w-]*\d[\w:.-]*\b/g, (word) => (keep.includes(word) ? word : "…"))
    .replace(/\s+/g, " ")
    .trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

/**
 * Of a value of more characters this beginning is looked for, because HubSpot may repeat only that, and a regular expression of the whole one
 * is too large for an engine (V8 of Node 20 refuses one of 13,000 characters, tried 2026-11).
 */
const TELLING = 64;

/** A long value is found anywhere, a short one only as a word of its own, so that the sentence stays readable. */
function without(text: string, value: string): string {
  const literal = (part: string) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (value.length > TELLING) {
    const left = text.replaceAll(value, "…");
    const beginning = Array.from(value.slice(0, 2 * TELLING))
      .slice(0, TELLING)
      .join("");
    const at = left.search(new RegExp(literal(beginning), "iu"));
    // How much of the value follows is not known, so the rest of the sentence goes with it.
    return at < 0 ? left : `${left.slice(0, at)}…`;
  }
  const found =
    value.length >= 4
      ? new RegExp(literal(value), "giu")
      : new RegExp(`(?<![\\p{L}\\p{N}])${literal(value)}(?![\\p{L}\\p{N}])`, "giu");
  return text.replace(found, "…");
}
