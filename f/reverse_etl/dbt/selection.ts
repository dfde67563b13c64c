import { RetlError } from "../sync/error.ts";

const MODEL = /^[A-Za-z0-9_$]+\.([A-Za-z0-9_$]+)$/;

/**
 * dbt's selection of models, given as `schema.name`, with everything they are made from. dbt selects by a model's name, so the model
 * must be called as its table is; whether that model makes the table of that schema is for the gate to see.
 * Throws `RETL_CONFIG` for a name that dbt would read as something else.
 */
export function selectionOf(models: readonly string[]): string[] {
  const names = models.map((model) => MODEL.exec(model)?.[1]);
  const unusable = models.filter((_, index) => names[index] === undefined);
  if (unusable.length > 0) {
    throw new RetlError("RETL_CONFIG", {
      what: `dbt cannot be asked for ${unusable.map((model) => JSON.stringify(model)).join(", ")}: a model is named as schema.name, letters, digits, _ and $ only.`,
      state: "Nothing was built or sent.",
      next: "Correct the model's name in flows/ and run npm run build.",
    });
  }
  return [...new Set(names)].map((name) => `+${name}`);
}
