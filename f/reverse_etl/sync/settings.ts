import * as z from "zod";
import { unknownName } from "../../asset_graph/unknown_name.ts";

/** An object of settings; every name that is none of them is a problem, in a line of the message, which tells the nearest one. */
export function settings<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      return issue.keys.map((name) => unknownName("setting", name, known)).join("\n");
    },
  });
}
