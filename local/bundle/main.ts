import { rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { bundleAll, hubspotPart } from "./bundle.ts";
import { LEFT_OUT } from "./left_out.ts";
import { packageTable, sizeTable } from "./size_table.ts";

const root = join(import.meta.dirname, "..", "..");
const to = join(root, "dist");
const { plain } = new Command("bundle")
  .description(
    "Makes one self-contained ESM file of every step script and of the library, in dist/; each runs as it is on Node 20, Bun and Deno.",
  )
  .option("--plain", "write readable files instead of minified ones")
  .parse()
  .opts<{ plain?: boolean }>();

try {
  const writePlain = plain === true;
  rmSync(to, { recursive: true, force: true });
  const minified = await bundleAll(root, { minify: true, ...(writePlain ? {} : { to }) });
  const readable = await bundleAll(root, { minify: false, ...(writePlain ? { to } : {}) });
  const push = minified.filter(({ name }) => name === "hubspot_push");
  const hubspot = await hubspotPart(root, true);
  console.log(sizeTable(minified, readable));
  console.log(push.map(packageTable).join("\n"));
  console.log(`What talks to HubSpot, by itself: ${(hubspot.bytes / 1000).toFixed(1)} kB minified.`);
  console.log(pc.bold("\nLeft out, because no step can reach it:"));
  for (const { what, why } of LEFT_OUT) console.log(`  ${what}: ${why}`);
  console.log(
    `\n${pc.green("wrote")} ${minified.length} ${writePlain ? "readable" : "minified"} files into dist/`,
  );
} catch (error) {
  console.error(pc.red(String(error)));
  process.exitCode = 1;
}
