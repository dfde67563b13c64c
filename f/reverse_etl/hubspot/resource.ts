import type { HubSpot } from "../sync/hubspot_port.ts";
import { createHubSpot } from "./client.ts";
import { connectionSettings, type HubSpotResource } from "./resource_settings.ts";

/**
 * Opens the HubSpot that a resource names; sends nothing yet.
 * Throws `RETL_CONFIG` without a usable token and `RETL_HUBSPOT_HOST` for a host that the token must not go to.
 */
export function hubspotFromResource(resource: HubSpotResource, timeoutMs: number): HubSpot {
  return createHubSpot(connectionSettings(resource, timeoutMs));
}
