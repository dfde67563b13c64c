import { distance } from "fastest-levenshtein";

/** The name that was probably meant: at most a third of its letters away; null when none is near. */
export function nearestName(name: string, names: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const edits = distance(name, candidate);
    if (edits < bestDistance && edits <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}
