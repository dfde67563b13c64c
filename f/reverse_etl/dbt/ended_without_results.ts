import { RetlError, withoutFullStop } from "../sync/error.ts";
import type { DbtBuild } from "./dbt_backend.ts";

/** The error for a build elsewhere that ended and left nothing by which its models could be judged. */
export function endedWithoutResults(
  what: string,
  build: Pick<DbtBuild, "reference" | "url">,
  said: string | null = null,
): RetlError {
  return new RetlError("RETL_DBT_FAILED", {
    what: `${what} (${build.reference})${said === null ? "." : `: ${withoutFullStop(said)}.`}`,
    state: "Nothing was planned or sent; models that dbt did build stay as it built them.",
    next: build.url === null ? "Look at its log." : `Look at its log: ${build.url}`,
    details: { dbt_run: build.reference, url: build.url },
  });
}
