import { quoteLiteral } from "../warehouse/identifier.ts";

/** Every white space of Unicode, because HubSpot trims more than blanks and two ids must not become one there. */
const WHITE_SPACE =
  " \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

/** HubSpot takes email addresses that differ only in case for one (CRM contacts API, read 2026-11). */
export const ID_CASES = ["keep", "lower"] as const;
export type IdCase = (typeof ID_CASES)[number];

export function idCaseOf(matchProperty: string | null | undefined): IdCase {
  return matchProperty === "email" ? "lower" : "keep";
}

/**
 * An id without outer white space; NULL when nothing else is left. Most ids begin and end with visible ASCII, and telling that is a tenth of
 * the cost of trimming by a set of characters.
 */
export function idText(text: string, idCase: IdCase): string {
  // What sorts between these two begins with a visible character; comparing texts is cheaper than cutting the first one off.
  const isTrimmed = `${text} between '!' and '~~' and substr(${text}, -1) between '!' and '~'`;
  const trimmed = `case when ${isTrimmed} then ${text} else nullif(trim(${text}, ${quoteLiteral(WHITE_SPACE)}), '') end`;
  return idCase === "lower" ? `lower(${trimmed})` : trimmed;
}
