import type { Route } from "./route.ts";

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
];
