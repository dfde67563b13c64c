/**
 * The code around an expression. It expects `__inputs` (JSON: `variables`, `results`, `withoutJob`), `__variable`,
 * `__resource` and `__finish(json, error)` in its context, and calls `__finish` once.
 */
export function expressionCode(expression: string): string {
  return PRELUDE + errorSetup(expression) + wrap(expression);
}

const PRELUDE = `
Object.assign(globalThis, JSON.parse(__inputs).variables);
const { results: __loaded, withoutJob: __withoutJob } = JSON.parse(__inputs);
const variable = (path) => __variable(path);
const resource = (path) => JSON.parse(__resource(path));
if (__loaded) globalThis.results = new Proxy(__loaded, { get(loaded, name) {
  if (typeof name === "symbol") return undefined;
  if (__withoutJob.includes(name))
    throw new Error("Failed to fetch result for step '" + name + "': an empty branch has none");
  if (Object.hasOwn(loaded, name)) return loaded[name];
  throw new Error("results." + name + " is read by a computed name: on Windmill that is a promise");
} });
`;

/** `error` as Windmill derives it from the previous result (windmill-jseval). */
function errorSetup(expression: string): string {
  if (!expression.includes("error")) return "";
  return `
if (typeof previous_result !== "undefined") globalThis.error = (() => {
  const previous = previous_result;
  if (previous?.error) return previous.error;
  if (Array.isArray(previous)) {
    const failed = previous.filter((item) => item && typeof item === "object" && "error" in item);
    if (failed.length === 1) return failed[0].error;
    const message = failed.length === 0 ? "Could not parse errors"
      : failed.map(({ error }, i) => "[" + (error.step_id || i) + "] " + (error.message || error.name)).join("; ");
    return { name: "MultipleErrors", message, errors: previous };
  }
  return previous ? { name: "UnknownError", message: "Could not parse the error", error: previous }
    : { name: "UnknownError", message: "No error found" };
})();
`;
}

function wrap(expression: string): string {
  const body = isBody(expression) ? expression : `return ${expression === "" ? "undefined" : expression}\n;`;
  return `
(async () => { ${body}
})().then((value) => __finish(JSON.stringify(value ?? null)))
  .then(undefined, (error) => __finish(undefined, error ?? "nothing was thrown"));`;
}

const STATEMENT =
  /^(?:(?:return|const|let|var|if|for|while|switch|try|throw|function|class|async|await) |(?:if|for|while|switch)\(|try\{|return;|return$)/;

/** Statements instead of one expression: a statement's keyword in front, or a semicolon outside of quotes. */
function isBody(expression: string): boolean {
  if (STATEMENT.test(expression)) return true;
  return expression.replaceAll(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, "").includes(";");
}
