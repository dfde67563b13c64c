/** What dbt says of a test that found rows; it carries a number only. */
const TEST_COUNT = /^Got \d+ results?, configured to (fail|warn) if [^']*$/;

/** Messages that begin so speak of the statement, the project or the profile; all others may quote values of rows. */
const ABOUT_THE_STATEMENT = [
  /^(Catalog|Binder|Parser) Error\b/,
  /^(\d+ \(\w+\): )?SQL compilation error\b/,
  /^The selection criterion /,
  /^The profile '[^']*' does not have a target named /,
  /^Could not find profile named /,
  /^Env var required but not provided: /,
  /^Required var '[^']*' not found /,
  /^(Model|Test|Source) '\S+' \([^()]+\) depends on /,
];

const MOST_CHARACTERS = 500;

/**
 * What may be shown of a message of dbt: which node, which kind of error, and the text itself only where it speaks of the
 * statement (an unknown column, a selection without a match) rather than of data. A database's conversion or constraint error
 * quotes the offending value, so of those only the kind is left. Null for no message.
 */
export function withoutRowValues(message: string | null | undefined): string | null {
  const lines = (message ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const [first, second, third] = lines;
  if (first === undefined) return null;
  if (TEST_COUNT.test(first)) return first;
  if (second === undefined) return shown(first);
  const parts = [shown(first), shown(second).replace(/:$/, "")];
  if (third !== undefined && /SQL compilation error:?$/i.test(second)) parts.push(third);
  return parts.join(": ").slice(0, MOST_CHARACTERS);
}

/** dbt's own first line, such as `Runtime Error in model contacts (models/contacts.sql)`. */
function isHeading(line: string): boolean {
  return /^[A-Z][A-Za-z]+ Error( in [a-z_ ]+\S+ \([^()]*\))?$/.test(line);
}

function shown(line: string): string {
  if (isHeading(line) || ABOUT_THE_STATEMENT.some((beginning) => beginning.test(line)))
    return line.slice(0, MOST_CHARACTERS);
  const kind = /^(\d+ \(\w+\)|[A-Z][A-Za-z ]{2,60} (?:Error|Exception)(?=:))/.exec(line)?.[1];
  return `${kind ?? "an error"} (its text is left out because it may quote values)`;
}
