import { AsyncLocalStorage } from "node:async_hooks";

/** Windmill's variables of the job that is running, such as `WM_ROOT_JOB_ID`. */
export type StepEnvironment = Readonly<Record<string, string>>;

const current = new AsyncLocalStorage<StepEnvironment>();
let installed = false;

/**
 * Runs `body` with `process.env` showing `variables` on top of what it holds, to `body` and to everything it
 * awaits.
 *
 * On Windmill each step is a process with its own environment; here many run in one process at once. So
 * `process.env` is replaced, once, by a view that looks at the async context first; windmill-client and the
 * scripts read it when they are called.
 */
export function withEnvironment<T>(variables: StepEnvironment, body: () => T): T {
  if (!installed) {
    process.env = view(process.env);
    installed = true;
  }
  return current.run(variables, body);
}

function view(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = (key: string | symbol): string | undefined => {
    const variables = current.getStore();
    return typeof key === "string" && variables !== undefined && Object.hasOwn(variables, key)
      ? variables[key]
      : undefined;
  };
  return new Proxy(environment, {
    get: (target, key) => own(key) ?? Reflect.get(target, key),
    set: (target, key, value) => Reflect.set(target, key, value),
    has: (target, key) => own(key) !== undefined || Reflect.has(target, key),
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(current.getStore() ?? {})])],
    getOwnPropertyDescriptor(target, key) {
      const value = own(key);
      if (value === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      return { value, enumerable: true, configurable: true, writable: true };
    },
  });
}
