import type { ColumnKind, Dialect } from "../warehouse/dialect.ts";
import { quoteLiteral } from "../warehouse/identifier.ts";
import { LONGEST_TEXT } from "./refusals.ts";

/** A value of a row that is to be sent: SQL of its text, the property that it is for, and the kind of its column. */
interface Value {
  readonly property: string;
  readonly text: string;
  readonly kind: ColumnKind;
}

/** The text of a day and of a moment; a year before 1, in which the text begins below 0001, or after 9999 is written otherwise. */
const DAY = "____-__-__";
const MOMENT = "____-__-__T__:__:__.___Z";

/**
 * SQL of the reason and, behind a blank, the property of the first value that HubSpot cannot hold, the id's before the others; NULL when
 * there is none. It stands where `id`, the texts and `whole`, a JSON object of all of them but the id, are columns.
 *
 * Too long is what has more code points than HubSpot keeps characters; HubSpot may count more of them, and then it says so itself. Of
 * control characters its documentation says nothing: those that XML 1.0 has no place for are refused, so not DEL and none above it. Lone
 * surrogates need no test, because the texts of both warehouses are UTF-8, which has none. A float may be infinite or no number, and a date or
 * time infinite or of any year.
 */
export function unfitValue(values: readonly Value[], idProperty: string | null, dialect: Dialect): string {
  const whole = dialect.jsonText("whole");
  // JSON writes every control character with a backslash and makes no text shorter, so nearly all rows are told by one look.
  const mayBeUnfit = `contains(${whole}, chr(92)) or length(${whole}) > ${LONGEST_TEXT}`;
  const texts = values.filter(({ kind }) => isText(kind));
  const others = values.filter(({ kind }) => !isText(kind)).map((value) => misfitOf(value));
  const looks = [...(texts.length === 0 ? [] : [mayBeUnfit]), ...others.filter((one) => one !== null)];
  const cases = [
    ...(idProperty === null ? [] : faultsOf({ property: idProperty, text: "id", kind: "text" }, dialect)),
    ...(looks.length === 0
      ? []
      : [
          `when ${looks.join(" or ")} then case ${values.flatMap((value) => faultsOf(value, dialect)).join(" ")} end`,
        ]),
  ];
  return cases.length === 0 ? "cast(null as varchar)" : `case ${cases.join(" ")} end`;
}

function isText(kind: ColumnKind): boolean {
  return kind === "text" || kind === "list";
}

/** A condition that a value which is no text is unfit; null for a kind of which all values are fit. NULL and the empty text are fit. */
function misfitOf({ text, kind }: Value): string | null {
  switch (kind) {
    case "float":
      return `lower(${text}) <> upper(${text})`;
    case "date":
      return outside(text, DAY);
    case "datetime":
    case "zoned_datetime":
      return outside(text, MOMENT);
    default:
      return null;
  }
}

function outside(text: string, pattern: string): string {
  return `(${text} <> '' and (${text} not like '${pattern}' or ${text} < '0001'))`;
}

function faultsOf(value: Value, dialect: Dialect): readonly string[] {
  const { property, text, kind } = value;
  const named = (reason: string) => quoteLiteral(`${reason} ${property}`);
  if (isText(kind)) {
    return [
      `when ${dialect.hasControlCharacter(text)} then ${named("control_character")}`,
      `when length(${text}) > ${LONGEST_TEXT} then ${named("property_value_too_long")}`,
    ];
  }
  const misfit = misfitOf(value);
  return misfit === null
    ? []
    : [`when ${misfit} then ${named(kind === "float" ? "invalid_integer" : "invalid_date")}`];
}
