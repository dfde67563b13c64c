import type { Outcome } from "../sync/outcome.ts";
import { decimalText } from "./decimal_text.ts";
import { epochInstant, isoInstant } from "./instant_text.ts";

export type HeldProperties = Readonly<Record<string, string | null>>;

/**
 * Compares what HubSpot holds with what was sent, property by property.
 *
 * - Null: every sent value is there, as it was sent or in a form that HubSpot is known to give it.
 * - `rejected` with `VALUE_NOT_TAKEN`: another value is there, for instance a lifecycle stage that does not go back.
 * - `unknown` with `VALUE_NOT_ECHOED`: a value is neither confirmed nor contradicted. A cleared one may be absent.
 */
export function unconfirmed(sent: Readonly<Record<string, string>>, held: HeldProperties): Outcome | null {
  let missing = false;
  // Every value of every row passes here: names are listed, because a list of pairs is garbage for each of them.
  for (const property of Object.keys(sent)) {
    const value = sent[property] ?? "";
    const found = Object.hasOwn(held, property) ? held[property] : undefined;
    if (found === undefined) {
      if (!isBlank(value)) missing = true;
    } else if (!isSameValue(value, found ?? "")) {
      return {
        kind: "rejected",
        code: "VALUE_NOT_TAKEN",
        property,
        message: "HubSpot answered success but holds another value than the one sent",
      };
    }
  }
  return missing ? { kind: "unknown", code: "VALUE_NOT_ECHOED" } : null;
}

/** True when HubSpot's text is the sent one or a known normal form of it. */
export function isSameValue(sent: string, held: string): boolean {
  const a = sent.trim();
  const b = held.trim();
  return a === b || FORMS.some((isSameForm) => isSameForm(a, b));
}

type SameForm = (sent: string, held: string) => boolean;

const FORMS: readonly SameForm[] = [isSameEmail, isSameNumber, isSameInstant, isSameBoolean, isSameSelection];

const EMAIL = /^[^\s@;]+@[^\s@;]+$/;

/** HubSpot keeps addresses in lower case. */
function isSameEmail(sent: string, held: string): boolean {
  return EMAIL.test(sent) && sent.toLowerCase() === held.toLowerCase();
}

/** `10000000` comes back as `1.0E7`. */
function isSameNumber(sent: string, held: string): boolean {
  const number = decimalText(sent);
  return number !== null && number === decimalText(held);
}

/** A datetime with or without fraction, or epoch milliseconds on either side, dates included. */
function isSameInstant(sent: string, held: string): boolean {
  const sentIso = isoInstant(sent);
  const heldIso = isoInstant(held);
  if (sentIso !== null) return sentIso === (heldIso ?? epochInstant(held));
  return heldIso !== null && heldIso === epochInstant(sent);
}

function isSameBoolean(sent: string, held: string): boolean {
  return /^(true|false)$/i.test(sent) && sent.toLowerCase() === held.toLowerCase();
}

/** Options of a multiple selection are a set; a leading `;` adds to those that are there. */
function isSameSelection(sent: string, held: string): boolean {
  if (!sent.includes(";")) return false;
  const wanted = optionsOf(sent);
  const there = optionsOf(held);
  const adds = sent.startsWith(";");
  return (adds || wanted.size === there.size) && [...wanted].every((option) => there.has(option));
}

function optionsOf(text: string): ReadonlySet<string> {
  const options = text.split(";").map((option) => option.trim());
  return new Set(options.filter((option) => option !== ""));
}

function isBlank(text: string): boolean {
  return text.trim() === "";
}
