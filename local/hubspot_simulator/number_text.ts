const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * The one way to write a decimal number: no exponent, no leading or trailing zeros, no plus sign, no `-0`.
 * Digits are moved as text, so that no precision is lost in a double. Null when `text` is not a number.
 */
export function canonicalNumber(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  if (digits === "") return null;
  const point = whole.length + Number(exponent);
  const left = point <= 0 ? "" : digits.slice(0, point).padEnd(point, "0");
  const right =
    point >= digits.length ? "" : "0".repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point));
  const integerPart = left.replace(/^0+/, "") || "0";
  const fractionPart = right.replace(/0+$/, "");
  const unsigned = fractionPart === "" ? integerPart : `${integerPart}.${fractionPart}`;
  return sign === "-" && unsigned !== "0" ? `-${unsigned}` : unsigned;
}
