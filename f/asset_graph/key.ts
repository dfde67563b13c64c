declare const brand: unique symbol;

/** The name of an asset: lower-case words joined by `_`, `.` and `/`, such as `retl.hubspot_contacts` or `hubspot/contacts`. */
export type AssetKey = string & { readonly [brand]: "AssetKey" };

const WORD = "[a-z][a-z0-9]*(?:_[a-z0-9]+)*";
const SEGMENT = `${WORD}(?:\\.${WORD})*`;
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);
const STEP = new RegExp(`^${WORD}$`);

/** A selection could not tell a key of this name from its own words. */
const WORDS_OF_SELECTION: readonly string[] = ["and", "or", "not", "path"];

export const KEY_RULE =
  'lower-case words joined by "_", "." or "/", such as "hubspot/contacts"; not "and", "or", "not" or "path"';

export function isAssetKey(value: unknown): value is AssetKey {
  return typeof value === "string" && KEY.test(value) && !WORDS_OF_SELECTION.includes(value);
}

/** Whether a text is one word of the key grammar, such as `diff_insert`: the name of a step, a job or a cadence. */
export function isWord(value: unknown): value is string {
  return typeof value === "string" && STEP.test(value);
}

/** The only maker of keys; throws a plain Error, because validation reports a bad key before anyone asks for it. */
export function assetKey(text: string): AssetKey {
  if (isAssetKey(text)) return text;
  throw new Error(`"${text}" is not an asset key. Use ${KEY_RULE}.`);
}

/**
 * The id of a flow module: which step, for which asset. Windmill allows only letters, digits and underscores
 * (OpenFlow, read 2026-11), so "/" becomes two underscores and "." three. Throws a plain Error for a step that is not one word.
 *
 * No two pairs give the same id: a word neither starts nor ends with an underscore and has never two in a row, so the runs of one, two
 * and three underscores can be told apart, and the first run of two ends the step.
 */
export function stepId(step: string, key: AssetKey): string {
  if (!isWord(step)) throw new Error(`"${step}" is not a step name. Use lower-case words joined by "_".`);
  return `${step}__${key.replaceAll("/", "__").replaceAll(".", "___")}`;
}

/** The asset that a module belongs to; null for a module of the job itself. */
export function assetOfStep(id: string, keys: readonly string[]): string | null {
  const step = id.slice(0, Math.max(0, id.indexOf("__")));
  if (!isWord(step)) return null;
  return keys.find((key) => isAssetKey(key) && stepId(step, key) === id) ?? null;
}
