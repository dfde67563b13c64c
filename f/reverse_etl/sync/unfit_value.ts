import type { Dialect } from "../warehouse/dialect.ts";
import { quoteLiteral } from "../warehouse/identifier.ts";
import { LONGEST_TEXT } from "./refusals.ts";

/** A value of a row that is to be sent: SQL of its text, and the property that it is for. */
interface Value {
  readonly property: string;
  readonly text: string;
}

/**
 * SQL of the reason and, behind a blank, the property of the first value that HubSpot cannot hold, the id's before the others; NULL when
 * there is none. It stands where `id`, the texts and `whole`, a JSON object of all of them but the id, are columns.
 *
 * Too long is what has more code points than HubSpot keeps characters; HubSpot may count more of them, and then it says so itself. Of
 * control characters its documentation says nothing: those that XML 1.0 has no place for are refused, so not DEL and none above it. Lone
 * surrogates need no test, because the texts of both warehouses are UTF-8, which has none.
 */
export function unfitValue(texts: readonly Value[], idProperty: string | null, dialect: Dialect): string {
  const whole = dialect.jsonText("whole");
  // JSON writes every control character with a backslash and makes no text shorter, so nearly all rows are told by one look.
  const mayBeUnfit = `contains(${whole}, chr(92)) or length(${whole}) > ${LONGEST_TEXT}`;
  const cases = [
    ...(idProperty === null ? [] : faultsOf({ property: idProperty, text: "id" }, dialect)),
    ...(texts.length === 0
      ? []
      : [`when ${mayBeUnfit} then case ${texts.flatMap((value) => faultsOf(value, dialect)).join(" ")} end`]),
  ];
  return cases.length === 0 ? "cast(null as varchar)" : `case ${cases.join(" ")} end`;
}

function faultsOf({ property, text }: Value, dialect: Dialect): readonly string[] {
  const named = (reason: string) => quoteLiteral(`${reason} ${property}`);
  return [
    `when ${dialect.hasControlCharacter(text)} then ${named("control_character")}`,
    `when length(${text}) > ${LONGEST_TEXT} then ${named("property_value_too_long")}`,
  ];
}
