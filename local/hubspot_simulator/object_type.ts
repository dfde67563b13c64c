import { type ObjectTypeSpecification, recordProperties } from "./default_objects.ts";
import {
  defineProperty,
  type PropertyDefinition,
  type PropertySpecification,
} from "./property_definition.ts";

/** One object type: its names and its properties, which grow and shrink over the API. */
export class ObjectType {
  readonly specification: ObjectTypeSpecification;
  /** The properties that every answer shows. */
  readonly alwaysShown: readonly string[];
  readonly properties = new Map<string, PropertyDefinition>();
  readonly archivedProperties = new Map<string, PropertyDefinition>();
  readonly groups = new Map<string, string>();
  /** The properties whose values are unique, kept apart because every write looks at them. */
  unique: readonly PropertyDefinition[] = [];

  constructor(specification: ObjectTypeSpecification, at: string) {
    this.specification = specification;
    this.alwaysShown = [specification.createdProperty, specification.modifiedProperty, "hs_object_id"];
    this.groups.set(specification.groupName, specification.groupName);
    const origin = { hubspotDefined: true, at, groupName: specification.groupName };
    for (const property of [...recordProperties(specification), ...specification.properties]) {
      this.add(defineProperty(property, origin));
    }
  }

  get name(): string {
    return this.specification.name;
  }

  get id(): string {
    return this.specification.objectTypeId;
  }

  add(definition: PropertyDefinition): void {
    this.archivedProperties.delete(definition.name);
    this.properties.set(definition.name, definition);
    this.#listUnique();
  }

  define(specification: PropertySpecification, at: string): PropertyDefinition {
    const groupName = this.specification.groupName;
    const definition = defineProperty(specification, { hubspotDefined: false, at, groupName });
    this.add(definition);
    return definition;
  }

  /** Archives the definition; its values have to be forgotten by whoever keeps the records. */
  remove(definition: PropertyDefinition): void {
    this.properties.delete(definition.name);
    this.archivedProperties.set(definition.name, definition);
    this.#listUnique();
  }

  #listUnique(): void {
    this.unique = [...this.properties.values()].filter((property) => property.hasUniqueValue);
  }
}

/** All object types of the portal, found by name, singular or id. */
export class ObjectTypes {
  readonly all: readonly ObjectType[];
  readonly #byName = new Map<string, ObjectType>();

  constructor(specifications: readonly ObjectTypeSpecification[], at: string) {
    this.all = specifications.map((specification) => new ObjectType(specification, at));
    for (const type of this.all) {
      const { name, objectTypeId, singular } = type.specification;
      for (const alias of [name, objectTypeId, singular.toLowerCase(), `p_${name}`]) {
        this.#byName.set(alias, type);
      }
    }
  }

  find(nameOrId: string): ObjectType | undefined {
    return this.#byName.get(nameOrId.toLowerCase());
  }
}
