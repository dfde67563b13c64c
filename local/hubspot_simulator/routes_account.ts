import { z } from "zod";
import { Refusal } from "./refusal.ts";
import { parsedBody, type Route } from "./route.ts";

const tokenQuestion = z.object({ tokenKey: z.string() });

export const ACCOUNT_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/account-info/v3/details",
    writes: false,
    scope: () => null,
    answer(portal) {
      const { portalId, accountType, timeZone } = portal.settings;
      return {
        status: 200,
        body: {
          portalId,
          accountType,
          timeZone,
          companyCurrency: "USD",
          additionalCurrencies: [],
          uiDomain: "app.hubspot.com",
          dataHostingLocation: "na1",
        },
      };
    },
  },
  {
    method: "GET",
    path: "/account-info/v3/api-usage/daily/private-apps",
    writes: false,
    scope: () => null,
    answer(portal) {
      const { daily, timeZone } = portal.settings;
      const now = portal.clock.now();
      const usage = {
        name: "private-apps-api-calls-daily",
        usageLimit: daily.calls,
        currentUsage: portal.limits.daily.used(now),
        collectedAt: new Date(now).toISOString(),
        fetchStatus: "SUCCESS",
        resetsAt: new Date(portal.limits.daily.resetsAt(now, timeZone, daily.resetMs)).toISOString(),
      };
      return { status: 200, body: { results: [usage] } };
    },
  },
  {
    method: "POST",
    path: "/oauth/v2/private-apps/get/access-token-info",
    writes: false,
    scope: () => null,
    answer(portal, request) {
      const { tokenKey } = parsedBody(tokenQuestion, request.body);
      const app = portal.settings.tokens.find(({ token }) => token === tokenKey);
      if (app === undefined) {
        throw new Refusal({ status: 404, category: "OBJECT_NOT_FOUND", message: "resource not found" });
      }
      const scopes = app.scopes ?? everyScope(portal.types.all.map(({ name, id }) => ({ name, id })));
      return { status: 200, body: { userId: 1, hubId: portal.settings.portalId, appId: 1, scopes } };
    },
  },
];

/** What an app without a list of scopes may do. */
function everyScope(types: readonly { readonly name: string; readonly id: string }[]): string[] {
  const objects = types.map(({ name, id }) => (id.startsWith("2-") ? "custom" : name));
  const granular = [...new Set(objects)].flatMap((object) =>
    ["objects", "schemas"].flatMap((family) =>
      ["read", "write"].map((right) => `crm.${family}.${object}.${right}`),
    ),
  );
  return ["oauth", "tickets", ...granular];
}
