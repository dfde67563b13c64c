import type { Plugin } from "esbuild";

/** A module of a package that no step can reach, and what stands in its place in a bundle. */
export interface LeftOut {
  /** What a reader calls it. */
  readonly what: string;
  /** Why no step can reach it. */
  readonly why: string;
  /** The package it belongs to. */
  readonly package: string;
  /** Its path inside the package, without the ending of a script. */
  readonly path: string;
  /** CommonJS, or ESM for a module of an ESM package. */
  readonly instead: string;
}

const missing = (what: string) => `throw new Error("${what} is not part of this bundle");`;
const withoutClass = (what: string) => `class { constructor() { ${missing(what)} } }`;

/**
 * What the bundles do without. Each stands behind an option that Tailrace sets otherwise or does not have, and says so when it
 * is reached all the same. The deployment to Windmill takes the packages as they are.
 */
export const LEFT_OUT: readonly LeftOut[] = [
  {
    what: "the HubSpot client's own sending of requests (node-fetch)",
    why: "every request goes through an `httpApi` of our own",
    package: "@hubspot/api-client",
    path: "lib/codegen/crm/objects/http/isomorphic-fetch",
    instead: `exports.IsomorphicFetchHttpLibrary = ${withoutClass("node-fetch")};`,
  },
  {
    what: "PUT and GET of files (clients of S3, Azure Blob Storage and Google Cloud Storage)",
    why: "no statement of sql/ moves a file",
    package: "snowflake-sdk",
    path: "dist/lib/file_transfer_agent/file_transfer_agent",
    instead: `module.exports = ${withoutClass("the transfer of files")};`,
  },
  {
    what: "workload identity (clients of AWS, Azure and Google)",
    why: "the resource has no such credential",
    package: "snowflake-sdk",
    path: "dist/lib/authentication/auth_workload_identity/index",
    instead: `exports.default = ${withoutClass("workload identity")};`,
  },
  {
    what: "login in a browser",
    why: "the resource has no such credential",
    package: "snowflake-sdk",
    path: "dist/lib/authentication/auth_web",
    instead: `module.exports = ${withoutClass("login in a browser")};`,
  },
  {
    what: "OAuth's authorization code",
    why: "Windmill gets the token of a snowflake_oauth resource",
    package: "snowflake-sdk",
    path: "dist/lib/authentication/auth_oauth_authorization_code",
    instead: `module.exports = ${withoutClass("OAuth's authorization code")};`,
  },
  {
    what: "OAuth's client credentials",
    why: "Windmill gets the token of a snowflake_oauth resource",
    package: "snowflake-sdk",
    path: "dist/lib/authentication/auth_oauth_client_credentials",
    instead: `exports.default = ${withoutClass("OAuth's client credentials")};`,
  },
  {
    what: "asking the cloud providers' metadata services where it runs",
    why: "telemetry only; this is what SNOWFLAKE_DISABLE_PLATFORM_DETECTION=true makes of it",
    package: "snowflake-sdk",
    path: "dist/lib/telemetry/platform_detection",
    instead: `exports.getDetectedPlatforms = async () => ["disabled"];`,
  },
  {
    what: "the native module of the driver",
    why: "telemetry only; this is what SNOWFLAKE_DISABLE_MINICORE=true makes of it",
    package: "snowflake-sdk",
    path: "dist/lib/minicore/index",
    instead: `exports.getMinicoreStatus = () => ({ version: null, binaryName: null, errorType: "not part of this bundle", errorDetails: null });`,
  },
  {
    what: "reading connections.toml",
    why: "a connection is always made from a resource",
    package: "toml",
    path: "index",
    instead: `exports.parse = () => { ${missing("the reading of TOML")} };`,
  },
  {
    what: "all time zones but UTC",
    why: "each session sets TIMEZONE to UTC, and times leave Snowflake as text",
    package: "moment-timezone",
    path: "data/packed/latest.json",
    instead: `module.exports = { version: "UTC", zones: ["Etc/UTC|UTC|0|0||"], links: ["Etc/UTC|UTC", "Etc/UTC|GMT"] };`,
  },
  {
    what: "the parser of XML",
    why: "JSON leaves Snowflake as text: no result has a column of the type VARIANT",
    package: "fast-xml-parser",
    path: "lib/fxp.cjs",
    instead: `exports.XMLParser = ${withoutClass("the parser of XML")}; exports.XMLValidator = { validate() { ${missing("the parser of XML")} } };`,
  },
  {
    what: "the table of file types",
    why: "only the upload of a file asks for it",
    package: "mime-db",
    path: "db.json",
    instead: "module.exports = {};",
  },
  {
    what: "messages in all languages but English",
    why: "nothing chooses a language",
    package: "zod",
    path: "v4/locales/index",
    instead: `export { default as en } from "./en.js";`,
  },
];

/** Packages that a package uses where they happen to be installed; here they never are, so that a bundle is the same everywhere. */
const OPTIONAL = /^supports-color$/;

/** Puts the replacements in place of what is left out; the sizes of a bundle still count them to their packages. */
export function leaveOut(): Plugin {
  return {
    name: "leave out",
    setup(build) {
      build.onResolve({ filter: OPTIONAL }, ({ path }) => ({ path, namespace: "optional" }));
      build.onLoad({ filter: /.*/, namespace: "optional" }, ({ path }) => ({
        contents: `throw Object.assign(new Error(${JSON.stringify(`${path} is not part of this bundle`)}), { code: "MODULE_NOT_FOUND" });`,
      }));
      for (const left of LEFT_OUT) {
        const { instead } = left;
        build.onLoad({ filter: modulePattern(left) }, () => ({ contents: instead, loader: "js" }));
      }
    },
  };
}

/** Matches the paths of a module that is left out, wherever its package is installed. */
export function modulePattern({ package: name, path }: LeftOut): RegExp {
  const file = `node_modules/${name}/${path}`.replaceAll(".", "\\.").replaceAll("/", "[/\\\\]");
  return new RegExp(`${file}(\\.[mc]?js)?$`);
}
