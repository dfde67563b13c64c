import * as z from "zod";
import { nearestName } from "../../asset_graph/nearest_name.ts";

/** An object of settings; a name that is none of them is a problem, which tells the nearest one. */
export function settings<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      return issue.keys.map((name) => unknownSetting(name, nearestName(name, known))).join("; ");
    },
  });
}

function unknownSetting(name: string, nearest: string | null): string {
  return `the setting "${name}" does not exist${nearest === null ? "" : `; nearest: ${nearest}`}`;
}
