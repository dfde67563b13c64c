import type { AssociationType } from "./association_type.ts";
import type { ObjectType } from "./object_type.ts";

/** One record in one of the two places of an association. */
export interface Side {
  readonly type: ObjectType;
  readonly id: string;
}

/** Which records are associated, seen from both sides. */
export class AssociationStore {
  /** By object types and first record: the other records and the type ids. */
  readonly #links = new Map<string, Map<string, Map<string, Set<number>>>>();

  /** The type ids by the record on the other side. */
  of(from: Side, to: ObjectType): ReadonlyMap<string, ReadonlySet<number>> {
    return this.#links.get(keyOf(from.type, to))?.get(from.id) ?? new Map();
  }

  /** The records of one type that are associated with any of another one. */
  holders(from: ObjectType, to: ObjectType): readonly string[] {
    return [...(this.#links.get(keyOf(from, to))?.keys() ?? [])];
  }

  /** What has a label is also associated without one; of a single kind the record loses the one it had. */
  add(from: Side, to: Side, type: AssociationType, plain: AssociationType): void {
    if (type.isSingle) {
      for (const [other, ids] of this.of(from, to.type)) {
        if (ids.has(type.typeId)) this.remove(from, { type: to.type, id: other }, type);
      }
    }
    for (const { typeId, inverseTypeId } of [plain, type]) {
      this.#ids(from, to).add(typeId);
      this.#ids(to, from).add(inverseTypeId);
    }
  }

  /** Taking away the association without a label takes all of them away. */
  remove(from: Side, to: Side, type: AssociationType): void {
    if (type.label === null) {
      this.removeAll(from, to);
      return;
    }
    this.#ids(from, to).delete(type.typeId);
    this.#ids(to, from).delete(type.inverseTypeId);
  }

  removeAll(from: Side, to: Side): void {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const links = this.#links.get(keyOf(one.type, other.type));
      links?.get(one.id)?.delete(other.id);
      if (links?.get(one.id)?.size === 0) links.delete(one.id);
    }
  }

  #ids(from: Side, to: Side): Set<number> {
    const links = entry(
      this.#links,
      keyOf(from.type, to.type),
      () => new Map<string, Map<string, Set<number>>>(),
    );
    const records = entry(links, from.id, () => new Map<string, Set<number>>());
    return entry(records, to.id, () => new Set<number>());
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function keyOf(from: ObjectType, to: ObjectType): string {
  return `${from.id} ${to.id}`;
}
