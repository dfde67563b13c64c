import { quoteLiteral } from "../warehouse/identifier.ts";
import type { FAILURES, HUBSPOT_CODES } from "./failure_codes.ts";

type Code = keyof typeof FAILURES | keyof typeof HUBSPOT_CODES;

/** HubSpot's limit for the value of a text property, in characters (properties guide, read 2026-11). */
export const LONGEST_TEXT = 65_536;

/** For a value that HubSpot cannot hold. */
const FOR_A_VALUE = [
  "CONTROL_CHARACTER",
  "PROPERTY_VALUE_TOO_LONG",
  "INVALID_DATE",
  "INVALID_INTEGER",
] as const satisfies readonly Code[];

/** Why a plan refuses source rows, before anything is sent. A change says the same in lower case, as its reason. */
export const PLAN_REFUSALS = [
  "MISSING_ID",
  "DUPLICATE_ID",
  ...FOR_A_VALUE,
] as const satisfies readonly Code[];

const reasonIn = (codes: readonly Code[]) =>
  `(reason in (${codes.map((code) => quoteLiteral(code.toLowerCase())).join(", ")}))`;

/** What the statements about refused rows need; conditions over the columns of a change. */
export const REFUSALS = {
  is_refused: reasonIn(PLAN_REFUSALS),
  has_unfit_value: reasonIn(FOR_A_VALUE),
  longest_text: `${LONGEST_TEXT}`,
} as const;
