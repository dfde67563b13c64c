export type Access = readonly [table: string, privilege: string];

const PRIVILEGE: Readonly<Record<string, string>> = {
  "insert into": "insert",
  update: "update",
  "delete from": "delete",
};

const KEYWORD = "(insert into|update|delete from|from|join|using)";
const NAMED = new RegExp(`\\b${KEYWORD}\\s+("?\\w+"?(?:\\."?\\w+"?)*)(\\s*\\()?`, "gi");

/**
 * What a rendered statement does to which table; ours are rendered as `"schema"."table"`. Throws for any other name that is no CTE, no
 * function and not the engine's catalogue, so that no table is overlooked.
 */
export function accessesOf(sql: string): Access[] {
  const text = withoutComments(sql);
  const ctes = new Set([...text.matchAll(/(\w+) as (?:materialized )?\(/g)].map(([, name]) => name));
  return [...text.matchAll(NAMED)].flatMap(([found, keyword = "", target = "", opened]): Access[] => {
    const privilege = PRIVILEGE[keyword.toLowerCase()] ?? "select";
    const table = /^"\w+"\."(\w+)"$/.exec(target)?.[1];
    if (table !== undefined) return [[table, privilege]];
    const isNoTable = opened !== undefined || ctes.has(target) || target.startsWith("information_schema.");
    if (privilege === "select" && isNoTable) return [];
    throw new Error(`which table is this? ${found} in:\n${sql}`);
  });
}

/** The same of a template of `sql/`, with its placeholders as tables. */
export function placeholderAccessesOf(template: string): Access[] {
  const text = withoutComments(template).replaceAll(/\{%[\s\S]*?%\}/g, "");
  return [...text.matchAll(new RegExp(`\\b${KEYWORD}\\s+\\{\\{\\s*(\\w+)\\s*\\}\\}`, "gi"))].map(
    ([, keyword = "", placeholder = ""]): Access => [
      placeholder,
      PRIVILEGE[keyword.toLowerCase()] ?? "select",
    ],
  );
}

/** The first word of a statement. */
export function verbOf(sql: string): string {
  return /^\s*(\w+)/.exec(withoutComments(sql))?.[1]?.toLowerCase() ?? "";
}

/** Also without `is distinct from`, which names no table. */
function withoutComments(sql: string): string {
  return sql.replaceAll(/--.*$/gm, "").replaceAll(/distinct\s+from/gi, "distinct");
}
