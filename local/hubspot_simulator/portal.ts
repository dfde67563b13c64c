import type { Clock } from "../../f/reverse_etl/sync/clock.ts";
import { AssociationStore } from "./association_store.ts";
import { AssociationTypes } from "./association_type.ts";
import { DEFAULT_OBJECTS, type ObjectTypeSpecification } from "./default_objects.ts";
import { ObjectStore } from "./object_store.ts";
import { type ObjectType, ObjectTypes } from "./object_type.ts";
import { type RandomStream, randomStream } from "./random.ts";
import { RateLimits } from "./rate_limit.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings.ts";

const FIRST_RECORD_ID = 90_000_000_001;

/** Everything that the account holds. */
export class Portal {
  settings: Settings;
  readonly clock: Clock;
  readonly types: ObjectTypes;
  readonly associations = new AssociationStore();
  readonly associationTypes: AssociationTypes;
  readonly limits = new RateLimits();
  readonly shuffle: RandomStream;
  readonly #stores = new Map<ObjectType, ObjectStore>();
  #lastRecordId = FIRST_RECORD_ID - 1;

  constructor(settings: Settings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.shuffle = randomStream(settings.seed, "order of results");
    const at = new Date(clock.now()).toISOString();
    this.types = new ObjectTypes(objectTypes(settings), at);
    for (const type of this.types.all) {
      this.#stores.set(type, new ObjectStore(type, { keepHistory: settings.history }));
    }
    this.#addProperties(at);
    this.associationTypes = new AssociationTypes(settings);
  }

  /** The type that a path names; refused as HubSpot refuses a name it does not know. */
  type(nameOrId: string): ObjectType {
    const type = this.types.find(nameOrId) ?? this.types.find(this.#withoutPortal(nameOrId));
    if (type !== undefined) return type;
    const message = `Unable to infer object type from: ${nameOrId}`;
    throw new Refusal({ status: 400, category: "VALIDATION_ERROR", message });
  }

  /** A custom object's fully qualified name starts with the portal: `p48000001_machines`. */
  #withoutPortal(nameOrId: string): string {
    const prefix = `p${this.settings.portalId}_`;
    return nameOrId.startsWith(prefix) ? nameOrId.slice(prefix.length) : nameOrId;
  }

  store(type: ObjectType): ObjectStore {
    const store = this.#stores.get(type);
    if (store === undefined) throw new Error(`No store for ${type.name}: every object type gets one.`);
    return store;
  }

  /** Record ids ascend over all object types, so that a page can be cut by id. */
  nextRecordId(): string {
    this.#lastRecordId += 1;
    return String(this.#lastRecordId);
  }

  /** Keeps ids of restored records from being given again. */
  reserveRecordId(id: number): void {
    this.#lastRecordId = Math.max(this.#lastRecordId, id);
  }

  #addProperties(at: string): void {
    for (const configured of this.settings.objects) {
      const type = this.type(configured.name);
      for (const property of configured.properties) {
        if (!type.properties.has(property.name)) type.define(property, at);
      }
    }
  }
}

function objectTypes(settings: Settings): ObjectTypeSpecification[] {
  const types = [...DEFAULT_OBJECTS];
  for (const configured of settings.objects) {
    if (types.some((type) => type.name === configured.name)) continue;
    types.push({
      name: configured.name,
      objectTypeId: configured.objectTypeId ?? `2-${2_000_000 + types.length}`,
      singular: configured.singular ?? configured.name,
      groupName: `${configured.name}_information`,
      modifiedProperty: "hs_lastmodifieddate",
      createdProperty: "hs_createdate",
      initial: {},
      shownByDefault: ["hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
      properties: [],
    });
  }
  return types;
}
