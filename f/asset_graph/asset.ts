import type { Compute } from "./compute.ts";
import { assetProblems, externalProblems, isAsset, isCompute } from "./declaration.ts";

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
  /** What is wrong with the declaration itself; validation reports it together with the problems of the graph. */
  readonly problems: readonly string[];
}

export interface AssetOptions<Key extends string = string> {
  readonly key: Key;
  readonly compute: Compute;
  /** Assets, as objects: an asset that is not ours is declared by `external`. */
  readonly deps?: readonly Asset[];
  readonly description?: string;
  readonly group?: string;
  /** An e-mail address or `team:<name>`. */
  readonly owners?: readonly string[];
  readonly kinds?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** Declares an asset. Never throws, whatever it is given: `validate` reports the problems of all assets together. */
export function asset<const Key extends string>(options: AssetOptions<Key>): Asset & { readonly key: Key } {
  const given: Partial<AssetOptions<Key>> = options ?? {};
  return {
    key: given.key as Key,
    deps: list(given.deps).filter(isAsset),
    description: given.description ?? "",
    group: given.group ?? null,
    owners: list(given.owners),
    kinds: list(given.kinds),
    tags: given.tags ?? {},
    compute: isCompute(given.compute) ? given.compute : null,
    problems: assetProblems(given),
  };
}

/** Declares something that others compute and our assets depend on. */
export function external<const Key extends string>(
  key: Key,
  options: { readonly description?: string } = {},
): Asset & { readonly key: Key } {
  return {
    key,
    deps: [],
    description: options.description ?? "",
    group: null,
    owners: [],
    kinds: [],
    tags: {},
    compute: null,
    problems: externalProblems({ ...options, key }),
  };
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : [];
}
