import { distance } from "fastest-levenshtein";

/** The name that was probably meant: at most a third of its letters, or of its last segment's, away; null when none is near. */
export function nearestName(name: string, names: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    for (const wording of [candidate, candidate.slice(candidate.search(/[^./]*$/))]) {
      const edits = distance(name, wording);
      if (edits < bestDistance && edits <= Math.floor(wording.length / 3)) {
        best = candidate;
        bestDistance = edits;
      }
    }
  }
  return best;
}
