import { nearestName } from "./nearest_name.ts";

/** Says that a name in a declaration is none of the known ones, and which of them was probably meant. `noun` is what it would be the name of. */
export function unknownName(
  noun: "option" | "setting",
  name: string,
  known: readonly string[],
  what = "does not exist",
): string {
  const nearest = nearestName(name, known);
  const hint = nearest === null ? "Remove it: it would have no effect." : `Nearest: ${nearest}.`;
  return `the ${noun} "${name}" ${what}. ${hint}`;
}
