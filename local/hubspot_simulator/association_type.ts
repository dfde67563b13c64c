import type { ObjectType } from "./object_type.ts";
import type { Settings } from "./settings.ts";

/** One kind of association between two object types, seen from one side. */
export interface AssociationType {
  readonly typeId: number;
  readonly category: "HUBSPOT_DEFINED" | "USER_DEFINED";
  /** Null for an association without a label. */
  readonly label: string | null;
  /** The same association seen from the other side. */
  readonly inverseTypeId: number;
  /** Whether a record has at most one of it. */
  readonly isSingle: boolean;
}

type Pair = readonly [from: string, to: string];

/** HubSpot's own: [from, to, without a label, and back, label, labelled, and back] (associations guide v4, type ids, read 2026-11). */
const HUBSPOT_DEFINED: readonly (readonly [...Pair, number, number, (string | null)?, number?, number?])[] = [
  ["contacts", "companies", 279, 280, "Primary", 1, 2],
  ["deals", "companies", 341, 342, "Primary", 5, 6],
  ["tickets", "companies", 339, 340, "Primary", 26, 25],
  ["deals", "contacts", 3, 4],
  ["tickets", "contacts", 16, 15],
  ["deals", "tickets", 27, 28],
  ["contacts", "contacts", 449, 449],
  ["companies", "companies", 450, 450, "Child Company", 13, 14],
  ["deals", "deals", 451, 451],
];

/** Where ids of kinds that the account made begin when the settings give none. */
const FIRST_ACCOUNT_TYPE = 1_000;

/** Every kind of association of the portal, from both sides. */
export class AssociationTypes {
  readonly #types = new Map<string, AssociationType[]>();
  #nextId = FIRST_ACCOUNT_TYPE;

  constructor(settings: Pick<Settings, "associationLabels">) {
    for (const [from, to, plain, back, label = null, labelled, labelledBack] of HUBSPOT_DEFINED) {
      this.#define([from, to], {
        typeId: plain,
        inverseTypeId: back,
        category: "HUBSPOT_DEFINED",
        label: null,
      });
      if (label === null || labelled === undefined || labelledBack === undefined) continue;
      const single = label === "Primary";
      const backLabel = single ? label : "Parent Company";
      this.#define(
        [from, to],
        {
          typeId: labelled,
          inverseTypeId: labelledBack,
          category: "HUBSPOT_DEFINED",
          label,
          isSingle: single,
        },
        backLabel,
      );
    }
    for (const { from, to, label, typeId, inverseTypeId, inverseLabel } of settings.associationLabels) {
      const id = typeId ?? this.#newId();
      const type = {
        typeId: id,
        inverseTypeId: inverseTypeId ?? id,
        category: "USER_DEFINED" as const,
        label,
      };
      this.#define([from, to], type, inverseLabel ?? label);
    }
  }

  /** The kinds from one object type to another. Any two that HubSpot does not know together get one of the account's without a label. */
  between(from: ObjectType, to: ObjectType): readonly AssociationType[] {
    const known = this.#types.get(keyOf([from.name, to.name])) ?? [];
    if (known.some(({ label }) => label === null)) return known;
    const typeId = this.#newId();
    this.#define([from.name, to.name], {
      typeId,
      inverseTypeId: from === to ? typeId : this.#newId(),
      category: "USER_DEFINED",
      label: null,
    });
    return this.#types.get(keyOf([from.name, to.name])) ?? [];
  }

  #newId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  #define(
    [from, to]: Pair,
    type: Omit<AssociationType, "isSingle"> & { readonly isSingle?: boolean },
    inverseLabel: string | null = null,
  ): void {
    const { typeId, inverseTypeId, isSingle = false } = type;
    this.#add([from, to], { ...type, isSingle });
    if (from === to && typeId === inverseTypeId) return;
    const inverse = {
      ...type,
      typeId: inverseTypeId,
      inverseTypeId: typeId,
      label: inverseLabel,
      isSingle: false,
    };
    this.#add([to, from], inverse);
  }

  #add(pair: Pair, type: AssociationType): void {
    const key = keyOf(pair);
    this.#types.set(key, [...(this.#types.get(key) ?? []), type]);
  }
}

function keyOf([from, to]: Pair): string {
  return `${from} ${to}`;
}
