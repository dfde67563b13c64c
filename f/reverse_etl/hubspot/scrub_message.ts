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
    if (bare !== "" && !keep.includes(bare)) text = text.replace(occurrences(bare), "…");
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

/** A long value is found anywhere, a short one only as a word of its own, so that the sentence stays readable. */
function occurrences(value: string): RegExp {
  const literal = value.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return value.length >= 4
    ? new RegExp(literal, "giu")
    : new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "giu");
}
