import type { HeldContact } from "./held_contacts.ts";
import type { NeededProperty } from "./hubspot_properties.ts";
import { sameValue } from "./same_value.ts";

/** What every contact must hold: property texts by customer id; `""` for none. */
export type ExpectedContacts = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface Comparison {
  /** Contacts that HubSpot has, other people's included. */
  readonly contacts: number;
  /** Customers whose contact was found, and how many of its values were compared. */
  readonly customers: number;
  readonly values: number;
  /** Property values that are not as they must be, those of missing and extra contacts included. */
  readonly differences: number;
  readonly differingValues: number;
  readonly missingContacts: number;
  readonly extraContacts: number;
  /** The first few, in words; customers are named by their number. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 10;

/**
 * Compares what HubSpot holds with what it must hold, property by property.
 *
 * - A missing contact counts once for each property, its id included.
 * - A contact is extra when it carries any of our properties but belongs to no customer, or to one that has a contact already;
 *   it counts once for each of our properties that it carries.
 * - Contacts that carry none of our properties are somebody else's and are left out.
 */
export function compareContacts(
  expected: ExpectedContacts,
  held: readonly HeldContact[],
  idProperty: string,
  properties: readonly NeededProperty[],
): Comparison {
  const ours = [idProperty, ...properties.map(({ name }) => name)];
  const examples: string[] = [];
  const note = (text: string) => {
    if (examples.length < MAX_EXAMPLES) examples.push(text);
  };
  const seen = new Set<string>();
  let differingValues = 0;
  let extraContacts = 0;
  let extraValues = 0;
  for (const contact of held) {
    const carried = ours.filter((name) => heldText(contact, name) !== "");
    if (carried.length === 0) continue;
    const customer = heldText(contact, idProperty);
    const wanted = seen.has(customer) ? undefined : expected.get(customer);
    if (wanted === undefined) {
      extraContacts += 1;
      extraValues += carried.length;
      note(
        `contact ${contact.id} is ${seen.has(customer) ? `a second one of ${customer}` : "no customer's"}`,
      );
      continue;
    }
    seen.add(customer);
    for (const { name, kind } of properties) {
      const [want, have] = [wanted[name] ?? "", heldText(contact, name)];
      if (sameValue(kind, want, have)) continue;
      differingValues += 1;
      note(`customer ${customer}: ${name} is "${have}" and must be "${want}"`);
    }
  }
  let missingContacts = 0;
  for (const customer of expected.keys()) {
    if (seen.has(customer)) continue;
    missingContacts += 1;
    note(`customer ${customer} has no contact`);
  }
  return {
    contacts: held.length,
    customers: seen.size,
    values: seen.size * properties.length,
    differences: differingValues + extraValues + missingContacts * ours.length,
    differingValues,
    missingContacts,
    extraContacts,
    examples,
  };
}

function heldText(contact: HeldContact, name: string): string {
  return contact.properties[name] ?? "";
}
