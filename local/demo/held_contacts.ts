import { callHubSpot, type HubSpotAccess } from "./hubspot_http.ts";

/** One contact as HubSpot shows it. */
export interface HeldContact {
  readonly id: string;
  /** Only the properties asked for; null or absent for none. */
  readonly properties: Readonly<Record<string, string | null>>;
}

/** HubSpot's limit of records on one page (CRM objects API v3, read 2026-11). */
const PAGE_SIZE = 100;

/** Every contact of the portal, page by page over the list endpoint. */
export async function readAllContacts(
  access: HubSpotAccess,
  properties: readonly string[],
): Promise<readonly HeldContact[]> {
  const contacts: HeldContact[] = [];
  for (let after: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: `${PAGE_SIZE}`, properties: properties.join(",") });
    if (after !== undefined) query.set("after", after);
    const page = (await callHubSpot(access, "GET", `/crm/v3/objects/contacts?${query}`)) as ContactPage;
    contacts.push(...page.results);
    after = page.paging?.next?.after;
    if (after === undefined) return contacts;
  }
}

interface ContactPage {
  readonly results: readonly HeldContact[];
  readonly paging?: { readonly next?: { readonly after?: string } };
}
