import type { Compute } from "./compute.ts";

/** A data product with a key and dependencies. Made by `asset` or `external`; validated with its whole graph. */
export interface Asset {
  readonly key: string;
  readonly deps: readonly Asset[];
  readonly description: string;
  readonly group: string | null;
  readonly owners: readonly string[];
  readonly kinds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Null for an external asset, which others compute. */
  readonly compute: Compute | null;
  /** Options that were given but do not exist; validation refuses them. */
  readonly unknownOptions: readonly string[];
}

export interface AssetOptions<Key extends string = string> {
  readonly key: Key;
  readonly compute: Compute;
  readonly deps?: readonly Asset[];
  readonly description?: string;
  readonly group?: string;
  /** An e-mail address or `team:<name>`. */
  readonly owners?: readonly string[];
  readonly kinds?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const OPTIONS = ["key", "compute", "deps", "description", "group", "owners", "kinds", "tags"];

/** Declares an asset. Never throws: `compile` reports the problems of all assets together. */
export function asset<const Key extends string>(options: AssetOptions<Key>): Asset & { readonly key: Key } {
  return {
    key: options.key,
    deps: options.deps ?? [],
    description: options.description ?? "",
    group: options.group ?? null,
    owners: options.owners ?? [],
    kinds: options.kinds ?? [],
    tags: options.tags ?? {},
    compute: options.compute,
    unknownOptions: Object.keys(options).filter((name) => !OPTIONS.includes(name)),
  };
}

/** Declares something that others compute and our assets depend on. */
export function external<const Key extends string>(
  key: Key,
  options: { readonly description?: string } = {},
): Asset & { readonly key: Key } {
  const { description = "" } = options;
  const unknownOptions = Object.keys(options).filter((name) => name !== "description");
  return {
    key,
    deps: [],
    description,
    group: null,
    owners: [],
    kinds: [],
    tags: {},
    compute: null,
    unknownOptions,
  };
}
