import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssetNode, selectAssets } from "../../f/asset_graph/selection.ts";
import { SelectionError } from "../../f/asset_graph/selection_parser.ts";

/**
 *     crm.accounts (external) ──▶ retl.accounts ──▶ hubspot/companies ──▶ hubspot/contacts ──▶ hubspot/deals
 *                                 retl.people ─────────────────────────▶┘
 *                                 retl.tickets ──▶ hubspot/tickets
 */
const NODES: readonly AssetNode[] = [
  { key: "crm.accounts", deps: [], external: true },
  { key: "retl.accounts", deps: ["crm.accounts"], group: "models", kinds: ["dbt"] },
  { key: "retl.people", deps: [], group: "models", kinds: ["dbt"], tags: { pii: "true" } },
  { key: "retl.tickets", deps: [], group: "models", kinds: ["dbt"] },
  {
    key: "hubspot/companies",
    deps: ["retl.accounts"],
    group: "crm",
    kinds: ["hubspot"],
    owners: ["team:sales"],
  },
  {
    key: "hubspot/contacts",
    deps: ["hubspot/companies", "retl.people"],
    group: "crm",
    kinds: ["hubspot"],
    tags: { pii: "true", tier: "1" },
    owners: ["crm+alerts@example.com"],
  },
  { key: "hubspot/deals", deps: ["hubspot/contacts"], group: "crm", kinds: ["hubspot"], tags: { tier: "2" } },
  { key: "hubspot/tickets", deps: ["retl.tickets"], group: "support", kinds: ["hubspot"] },
];

const select = (text: string) => selectAssets(NODES, text);
const chosen = (text: string) =>
  [...select(text)].sort().map((key) => key.replace(/^(hubspot\/|retl\.)/, ""));

const failure = (text: string): string => {
  try {
    select(text);
  } catch (error) {
    if (error instanceof SelectionError) return error.message;
    throw error;
  }
  throw new Error(`"${text}" was accepted.`);
};

describe("a selection", () => {
  it("of a key chooses that asset alone", () => {
    expect(select("hubspot/contacts")).toEqual(["hubspot/contacts"]);
  });

  it("of * chooses every asset that somebody here computes", () => {
    expect(select("*")).toHaveLength(7);
    expect(select("*")).not.toContain("crm.accounts");
  });

  it("walks upstream and downstream as far as it is told", () => {
    expect(chosen("+hubspot/contacts")).toEqual(["companies", "contacts", "accounts", "people"]);
    expect(chosen("1+hubspot/contacts")).toEqual(["companies", "contacts", "people"]);
    expect(chosen("2+hubspot/deals")).toEqual(["companies", "contacts", "deals", "people"]);
    expect(chosen("retl.accounts+")).toEqual(["companies", "contacts", "deals", "accounts"]);
    expect(chosen("retl.accounts+1")).toEqual(["companies", "accounts"]);
    expect(chosen("retl.accounts+2")).toEqual(["companies", "contacts", "accounts"]);
    expect(chosen("1+hubspot/contacts+1")).toEqual(["companies", "contacts", "deals", "people"]);
    expect(chosen("+hubspot/companies+")).toEqual(["companies", "contacts", "deals", "accounts"]);
  });

  it("walks from every asset of a label or of parentheses", () => {
    expect(chosen("+group:support")).toEqual(["tickets", "tickets"]);
    expect(chosen("1+(hubspot/companies or hubspot/tickets)")).toEqual([
      "companies",
      "tickets",
      "accounts",
      "tickets",
    ]);
  });

  it("starts from an external asset without choosing it", () => {
    expect(select("crm.accounts+1")).toEqual(["retl.accounts"]);
    expect(failure("crm.accounts")).toContain('chooses only what others compute: crm.accounts. Add "+"');
  });

  it("of a path chooses what lies between its ends, both included", () => {
    expect(chosen("path(retl.accounts, hubspot/deals)")).toEqual([
      "companies",
      "contacts",
      "deals",
      "accounts",
    ]);
    expect(chosen("path(group:models, hubspot/companies)")).toEqual(["companies", "accounts"]);
    expect(failure("path(retl.tickets, hubspot/deals)")).toContain("The selection chooses no asset.");
  });

  it("chooses by group, kind, owner, and by a tag's name or its name and value", () => {
    expect(chosen("group:crm")).toEqual(["companies", "contacts", "deals"]);
    expect(chosen("kind:dbt")).toEqual(["accounts", "people", "tickets"]);
    expect(chosen("owner:team:sales")).toEqual(["companies"]);
    expect(chosen('owner:"crm+alerts@example.com"')).toEqual(["contacts"]);
    expect(chosen("tag:tier")).toEqual(["contacts", "deals"]);
    expect(chosen("tag:tier=2")).toEqual(["deals"]);
  });

  it("binds not tighter than and, and and tighter than or", () => {
    expect(chosen("hubspot/tickets or group:crm and tag:pii")).toEqual(["contacts", "tickets"]);
    expect(chosen("(hubspot/tickets or group:crm) and tag:pii")).toEqual(["contacts"]);
    expect(chosen("not group:crm and kind:hubspot")).toEqual(["tickets"]);
    expect(chosen("not (group:crm or kind:dbt)")).toEqual(["tickets"]);
    expect(chosen("not not hubspot/deals")).toEqual(["deals"]);
    expect(chosen("group:crm and not +hubspot/contacts")).toEqual(["deals"]);
  });

  it("gives dependencies before dependents, the same in whatever order the assets come", () => {
    const expected = select("*");
    for (const { key, deps } of NODES.filter(({ external }) => external !== true)) {
      for (const dep of deps.filter((name) => name !== "crm.accounts"))
        expect(expected.indexOf(dep)).toBeLessThan(expected.indexOf(key));
    }
    fc.assert(
      fc.property(fc.shuffledSubarray([...NODES], { minLength: NODES.length }), (shuffled) => {
        expect(selectAssets(shuffled, "*")).toEqual(expected);
      }),
    );
  });

  it("obeys the laws of sets", () => {
    const atom = fc.constantFrom(
      "group:crm",
      "kind:dbt",
      "tag:pii",
      "hubspot/deals",
      "+hubspot/contacts",
      "*",
    );
    const keys = (text: string) => {
      try {
        return new Set(select(text));
      } catch {
        return new Set<string>();
      }
    };
    fc.assert(
      fc.property(atom, atom, (a, b) => {
        expect(keys(`not (${a} or ${b})`)).toEqual(keys(`not ${a} and not ${b}`));
        expect(keys(`${a} and ${b}`)).toEqual(keys(`${b} and ${a}`));
      }),
    );
  });
});

describe("a selection that cannot be used", () => {
  const caretAt = (text: string) => {
    const [, shown = "", caret = ""] = /\n {2}(.*)\n {2}( *\^)$/.exec(failure(text)) ?? [];
    expect(shown).toBe(text);
    return caret.length - 1;
  };

  it.each([
    ["", 0, "ends where a key or a label is expected"],
    ["hubspot/deals and", 17, "ends where a key or a label is expected"],
    ["and hubspot/deals", 0, '"and" stands where a key or a label is expected'],
    ["(hubspot/deals", 14, 'Expected ")" at the end'],
    ["hubspot/deals)", 13, '")" is not expected here'],
    ["path(hubspot/deals)", 18, 'Expected "," instead of ")"'],
    ["hubspot/deals hubspot/contacts", 14, 'join selections by "and" or "or"'],
    ["hubspot/deals AND hubspot/contacts", 14, 'join selections by "and" or "or"'],
    ["0+hubspot/deals", 0, "The smallest number of layers is 1"],
    ["hubspot/deals+0", 14, "The smallest number of layers is 1"],
    ["hubspot/deals++", 14, '"+" is not expected here'],
    ["colour:red", 0, '"colour:" is not a label. The labels are group, tag, kind, owner'],
    ["group:", 0, '"group:" needs a value'],
    ["group:crm or status:stale", 13, "needs the history of runs"],
    ['owner:"crm', 6, "This quote is not closed"],
    [
      "group:crm or hubspot/contcats",
      13,
      'There is no asset "hubspot/contcats". Nearest: "hubspot/contacts"',
    ],
    ["contact", 0, 'There is no asset "contact". Nearest: "hubspot/contacts"'],
    ["somewhere_else", 0, "There is: crm.accounts, hubspot/companies,"],
    ["group:crn", 0, 'No asset has the group "crn". Nearest: "crm"'],
    ["tag:teir=1", 0, 'No asset has the tag "teir=1". Nearest: "tier=1"'],
    ["owner:nobody@example.com", 0, "There is: crm+alerts@example.com, team:sales."],
    ["group:crm and kind:dbt", 0, "The selection chooses no asset"],
  ])("%j points at column %i and says why", (text, column, why) => {
    expect(failure(text)).toContain(why);
    expect(caretAt(text)).toBe(column);
  });

  it("keeps its caret in place when it has several lines", () => {
    expect(failure("group:crm or\nhubspot/contcats")).toMatch(
      /\n {2}group:crm or hubspot\/contcats\n {15}\^$/,
    );
  });

  it("throws nothing but a SelectionError, whatever it is", () => {
    const token = fc.constantFrom(
      "+",
      "(",
      ")",
      ",",
      "and",
      "or",
      "not",
      "path",
      "2",
      "0",
      '"',
      "group:crm",
      "hubspot/deals",
      "*",
      " ",
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 10 }), (tokens) => {
        try {
          expect(select(tokens.join(" "))).not.toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(SelectionError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
