/** Of a refused call, the part that is sent first: the golden section's smaller part. */
const FIRST_PART = 0.382;

/**
 * Cuts a refused call in two, of which the first is sent first. When it is accepted, the fault lies in the second, which then is
 * cut without being sent whole; so the first part is the smaller one, and one poison row among 100 costs at most 12 calls.
 * Takes two items or more.
 */
export function splitCall<T>(items: readonly T[]): readonly [readonly T[], readonly T[]] {
  const cut = Math.max(1, Math.round(items.length * FIRST_PART));
  return [items.slice(0, cut), items.slice(cut)];
}
