import { randomBytes } from "node:crypto";

/** The shortest part of a secret that counts as the secret. */
const SHORTEST = 12;

/** A secret that nothing else looks like, with what JSON and URLs have to escape in its middle. */
export function canary(): string {
  return `${randomBytes(9).toString("hex")}"\\/+%&${randomBytes(9).toString("hex")}`;
}

/** The same without anything to escape, for fields that take plain tokens only. */
export function plainCanary(): string {
  return randomBytes(20).toString("hex");
}

/** What a secret looks like in a text: as it is, escaped for JSON, once and twice, or for a URL, in hex, and inside base64 at any offset. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.from(`${"-".repeat(offset)}${secret}`)
      .toString("base64")
      .replaceAll("=", "")
      // What touches the other bytes depends on them.
      .slice(offset === 0 ? 0 : 4, -2),
  );
  return [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** The names of the secrets of which any twelve characters, in any of their forms, are in a text. */
export function leaksOf(secrets: Readonly<Record<string, string>>, texts: readonly string[]): string[] {
  const owners = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of formsOf(secret)) {
      for (let at = 0; at + SHORTEST <= form.length; at++) owners.set(form.slice(at, at + SHORTEST), name);
    }
  }
  const found = new Map<string, string>();
  for (const text of texts) {
    for (let at = 0; at + SHORTEST <= text.length; at++) {
      const owner = owners.get(text.slice(at, at + SHORTEST));
      if (owner !== undefined && !found.has(owner))
        found.set(owner, text.slice(Math.max(0, at - 100), at + 100));
    }
  }
  return [...found].map(([name, place]) => `${name} in: ${place}`);
}
