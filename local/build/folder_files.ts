import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** What Windmill shows of each folder. */
const FOLDERS: Readonly<Record<string, { readonly display_name: string; readonly summary: string }>> = {
  asset_graph: {
    display_name: "Asset graph",
    summary:
      "The asset graph library: assets, jobs and their compilation to flows. Nothing here runs by itself.",
  },
  reverse_etl: {
    display_name: "Reverse ETL",
    summary:
      "What brings the warehouse's tables to HubSpot: jobs, their steps, and the code that the steps share.",
  },
};

/**
 * The `folder.meta.yaml` of every folder of `f/`, by path from the root. It names neither owners nor permissions: the first push makes
 * whoever pushes the owner, and a later one leaves alone what people granted in Windmill.
 */
export function folderFiles(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(root, "f"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const unknown = names.filter((name) => !Object.hasOwn(FOLDERS, name));
  if (unknown.length > 0) {
    throw new Error(
      `BUILD_FOLDER: nothing was written, because of f/${unknown.join(", f/")}: say in local/build/folder_files.ts what it holds.`,
    );
  }
  return new Map(
    names.map((name) => [`f/${name}/folder.meta.yaml`, stringify(FOLDERS[name], { lineWidth: 0 })]),
  );
}
