import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The text of `f/reverse_etl/generated/sql.ts`: the statements of `sql/` as TypeScript, because Windmill cannot read a .sql file at run time. */
export function sqlModule(folder: string): string {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const entries = files.map((file) => {
    const text = readFileSync(join(folder, file), "utf8").trim();
    return `  ${basename(file, ".sql")}: ${asTemplateLiteral(text)},`;
  });
  return `// Written by npm run build from sql/; do not edit.\nexport const SQL = {\n${entries.join("\n")}\n} as const;\n`;
}

function asTemplateLiteral(text: string): string {
  return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}
