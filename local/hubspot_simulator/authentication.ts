import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings.ts";

export type AppToken = Settings["tokens"][number];

/** The private app whose token a request carries. */
export function authenticate(authorization: string | undefined, settings: Settings): AppToken {
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  const app = settings.tokens.find((known) => known.token === token);
  if (app !== undefined) return app;
  throw new Refusal({
    status: 401,
    category: "INVALID_AUTHENTICATION",
    message:
      "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at " +
      "https://developers.hubspot.com/docs/methods/auth/oauth-overview",
  });
}

/** Refuses a token that was not granted the scope; a token without a list of scopes may do everything. */
export function requireScope(app: AppToken, scope: string | null): void {
  if (scope === null || app.scopes === undefined || app.scopes.includes(scope)) return;
  throw new Refusal({
    status: 403,
    category: "MISSING_SCOPES",
    message:
      "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: " +
      "https://developers.hubspot.com/scopes.",
    extra: {
      errors: [
        {
          message: "One or more of the following scopes are required.",
          context: { requiredGranularScopes: [scope] },
        },
      ],
      links: { scopes: "https://developers.hubspot.com/scopes" },
    },
  });
}
