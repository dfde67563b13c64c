/**
 * The selection grammar, the same everywhere; `not` binds tighter than `and`, `and` tighter than `or`:
 *
 *     or        := and ("or" and)*
 *     and       := not ("and" not)*
 *     not       := "not" not | traversal
 *     traversal := [[N] "+"] atom ["+" [N]]
 *     atom      := "(" or ")" | "path(" or "," or ")" | "*" | key | ("group" | "tag" | "kind" | "owner") ":" value
 *
 * A value with a blank or one of `()+,*` in it is written in quotes: `owner:"crm+alerts@example.com"`.
 */
export type Selection =
  | { readonly type: "all" }
  | { readonly type: "key"; readonly key: string; readonly at: number }
  | { readonly type: "label"; readonly label: Label; readonly value: string; readonly at: number }
  | { readonly type: "traversal"; readonly of: Selection; readonly up: number; readonly down: number }
  | { readonly type: "path"; readonly from: Selection; readonly to: Selection }
  | { readonly type: "not"; readonly of: Selection }
  | { readonly type: "and" | "or"; readonly left: Selection; readonly right: Selection };

export type Label = "group" | "tag" | "kind" | "owner";
const LABELS: readonly string[] = ["group", "tag", "kind", "owner"];

/** A selection that cannot be used; the message shows the place with a caret. */
export class SelectionError extends Error {
  readonly code = "ASSET_SELECTION_INVALID";

  constructor(selection: string, at: number, problem: string) {
    super(`${problem}\n  ${selection.replaceAll(/\s/g, " ")}\n  ${" ".repeat(at)}^`);
    this.name = this.code;
  }
}

interface Token {
  readonly text: string;
  readonly at: number;
}

const TOKEN = /\s*(?:([()+,*])|((?:[^\s()+,*"]|"[^"]*")+))/y;

/** Throws a `SelectionError` for a text that does not follow the grammar. */
export function parseSelection(text: string): Selection {
  const tokens = tokensOf(text);
  let position = 0;
  const end: Token = { text: "", at: text.length };
  const peek = (ahead = 0): Token => tokens[position + ahead] ?? end;
  const take = (): Token => {
    const token = peek();
    position++;
    return token;
  };
  const fail = (token: Token, problem: string): never => {
    throw new SelectionError(text, token.at, problem);
  };
  const expect = (wanted: string) => {
    const token = take();
    if (token.text === wanted) return;
    fail(token, `Expected "${wanted}" ${token.text === "" ? "at the end" : `instead of ${quoted(token)}`}.`);
  };

  const binary = (operator: "and" | "or", operand: () => Selection) => (): Selection => {
    let left = operand();
    while (peek().text === operator) {
      take();
      left = { type: operator, left, right: operand() };
    }
    return left;
  };
  const not = (): Selection => {
    if (peek().text !== "not") return traversal();
    take();
    return { type: "not", of: not() };
  };
  const or: () => Selection = binary("or", binary("and", not));

  const traversal = (): Selection => {
    let up = 0;
    if (peek().text === "+") {
      take();
      up = Number.POSITIVE_INFINITY;
    } else if (isNumber(peek()) && peek(1).text === "+") {
      up = layers(take());
      take();
    }
    const of = atom();
    let down = 0;
    if (peek().text === "+") {
      take();
      down = isNumber(peek()) ? layers(take()) : Number.POSITIVE_INFINITY;
    }
    return up === 0 && down === 0 ? of : { type: "traversal", of, up, down };
  };

  const layers = (token: Token): number => {
    const count = Number(token.text);
    if (count === 0) fail(token, `"${token.text}+" reaches nothing. The smallest number of layers is 1.`);
    return count;
  };

  const atom = (): Selection => {
    const token = take();
    if (token.text === "(") {
      const inner = or();
      expect(")");
      return inner;
    }
    if (token.text === "path" && peek().text === "(") {
      take();
      const from = or();
      expect(",");
      const to = or();
      expect(")");
      return { type: "path", from, to };
    }
    return token.text === "*" ? { type: "all" } : leaf(token);
  };

  const leaf = (token: Token): Selection => {
    if (token.text === "") fail(token, "The selection ends where a key or a label is expected.");
    if (/^[)+,]$/.test(token.text) || ["and", "or", "not"].includes(token.text)) {
      fail(token, `${quoted(token)} stands where a key or a label is expected.`);
    }
    const colon = token.text.indexOf(":");
    if (colon < 0) return { type: "key", key: token.text, at: token.at };
    const label = token.text.slice(0, colon);
    const value = token.text.slice(colon + 1).replaceAll('"', "");
    if (label === "status") fail(token, "status: needs the history of runs, which is not available here.");
    if (!LABELS.includes(label))
      fail(token, `"${label}:" is not a label. The labels are ${LABELS.join(", ")}.`);
    if (value === "") fail(token, `"${label}:" needs a value.`);
    return { type: "label", label: label as Label, value, at: token.at };
  };

  const selection = or();
  if (position < tokens.length)
    fail(peek(), `${quoted(peek())} is not expected here; join selections by "and" or "or".`);
  return selection;
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < end) {
    const match = TOKEN.exec(text);
    // Only a quote without its partner is no token.
    if (match === null) throw new SelectionError(text, text.indexOf('"', at), "This quote is not closed.");
    const word = match[1] ?? match[2] ?? "";
    at = match.index + match[0].length;
    tokens.push({ text: word, at: at - word.length });
  }
  return tokens;
}

function isNumber(token: Token): boolean {
  return /^\d+$/.test(token.text);
}

function quoted(token: Token): string {
  return `"${token.text}"`;
}
