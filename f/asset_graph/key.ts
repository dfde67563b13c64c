/** The name of an asset: lower-case words joined by `_`, `.` and `/`, such as `retl.hubspot_contacts` or `hubspot/contacts`. */
declare const brand: unique symbol;
export type AssetKey = string & { readonly [brand]: "AssetKey" };

const WORD = "[a-z][a-z0-9]*(?:_[a-z0-9]+)*";
const SEGMENT = `${WORD}(?:\\.${WORD})*`;
const KEY = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);
const STEP = new RegExp(`^${WORD}$`);

export function isAssetKey(text: string): text is AssetKey {
  return KEY.test(text);
}

/** The only maker of keys; throws a plain Error, because validation reports a bad key before anyone asks for it. */
export function assetKey(text: string): AssetKey {
  if (isAssetKey(text)) return text;
  throw new Error(
    `"${text}" is not an asset key. Use lower-case words joined by "_", "." or "/", such as "hubspot/contacts".`,
  );
}

/**
 * The id of a flow module: which step, for which asset. Windmill allows only letters, digits and underscores
 * (OpenFlow, read 2026-11), so "/" becomes two underscores and "." three.
 *
 * No two pairs give the same id: a word neither starts nor ends with an underscore and has never two in a row, so the runs of one, two
 * and three underscores can be told apart, and the first run of two ends the step.
 */
export function stepId(step: string, key: AssetKey): string {
  if (!STEP.test(step)) throw new Error(`"${step}" is not a step name. Use lower-case words joined by "_".`);
  return `${step}__${key.replaceAll("/", "__").replaceAll(".", "___")}`;
}

/** The asset that a module belongs to; null for a module of the job itself. */
export function assetOfStep(id: string, keys: readonly string[]): string | null {
  const step = id.slice(0, Math.max(0, id.indexOf("__")));
  return step === "" ? null : (keys.find((key) => stepId(step, assetKey(key)) === id) ?? null);
}
