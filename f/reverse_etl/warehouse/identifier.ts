/**
 * An SQL identifier that has been validated and quoted for one dialect; only this file makes them.
 *
 * Plain identifiers are case-insensitive in a configuration: Snowflake keeps unquoted names in upper case and DuckDB
 * compares without case, so `quote` upper-cases for Snowflake before it quotes.
 */
declare const brand: unique symbol;
export type QuotedIdentifier = string & { readonly [brand]: "QuotedIdentifier" };

/**
 * Snowflake's rule for unquoted identifiers (docs.snowflake.com, identifiers-syntax, read 2026-11): a letter or underscore, then
 * letters, digits, underscores or dollar signs, at most 255 characters. Nothing else is taken from a configuration.
 */
export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_$]{0,254}$/;

export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Throws a plain Error for a text that is no identifier: configuration is validated before it gets here. */
export function quoteIdentifier(text: string, fold: "upper" | "keep"): QuotedIdentifier {
  if (!isIdentifier(text))
    throw new Error(`Internal error: "${text}" reached SQL without having been validated.`);
  return `"${fold === "upper" ? text.toUpperCase() : text}"` as QuotedIdentifier;
}

/** A text as an SQL literal; used for property names and other configuration, never for data. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
