/** What can be said about a property when it is configured or created. */
export interface PropertySpecification {
  readonly name: string;
  readonly type: PropertyType;
  readonly fieldType?: string | undefined;
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly groupName?: string | undefined;
  /** Internal values of an enumeration, or options with labels. */
  readonly options?: readonly (string | { readonly label: string; readonly value: string })[] | undefined;
  readonly hasUniqueValue?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly calculated?: boolean | undefined;
  /** No record is made without a value of it. */
  readonly required?: boolean | undefined;
}

/** Types and the field types that HubSpot allows for each (properties guide, read 2026-11). */
export const FIELD_TYPES = {
  string: ["text", "textarea", "html", "file", "phonenumber", "calculation_equation"],
  number: ["number", "calculation_equation"],
  date: ["date"],
  datetime: ["date"],
  enumeration: ["select", "radio", "checkbox", "booleancheckbox", "calculation_equation"],
  bool: ["booleancheckbox", "calculation_equation"],
  phone_number: ["phonenumber"],
} as const satisfies Record<string, readonly string[]>;

export type PropertyType = keyof typeof FIELD_TYPES;

export const PROPERTY_TYPES = Object.keys(FIELD_TYPES) as PropertyType[];

export interface PropertyOption {
  readonly label: string;
  readonly value: string;
}

/** One property of one object type. */
export interface PropertyDefinition {
  readonly name: string;
  readonly type: PropertyType;
  readonly fieldType: string;
  readonly label: string;
  readonly description: string;
  readonly groupName: string;
  readonly options: readonly PropertyOption[];
  /** The options' internal values, for looking up. */
  readonly allowed: ReadonlySet<string>;
  /** Several options joined by `;`. */
  readonly multiple: boolean;
  readonly hasUniqueValue: boolean;
  readonly readOnly: boolean;
  readonly calculated: boolean;
  readonly required: boolean;
  readonly hubspotDefined: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

export function defineProperty(
  specification: PropertySpecification,
  origin: { readonly hubspotDefined: boolean; readonly at: string; readonly groupName: string },
): PropertyDefinition {
  const { name, type } = specification;
  const fieldType = specification.fieldType ?? FIELD_TYPES[type][0];
  const given = specification.options ?? (type === "bool" ? ["true", "false"] : []);
  const options = given.map((option) =>
    typeof option === "string" ? { label: option, value: option } : option,
  );
  const calculated = specification.calculated ?? false;
  return {
    name,
    type,
    fieldType,
    label: specification.label ?? name,
    description: specification.description ?? "",
    groupName: specification.groupName ?? origin.groupName,
    options,
    allowed: new Set(options.map((option) => option.value)),
    multiple: type === "enumeration" && fieldType === "checkbox",
    hasUniqueValue: specification.hasUniqueValue ?? false,
    readOnly: (specification.readOnly ?? false) || calculated,
    calculated,
    required: specification.required ?? false,
    hubspotDefined: origin.hubspotDefined,
    createdAt: origin.at,
    updatedAt: origin.at,
  };
}

/** The definition as the properties API shows it. */
export function propertyAnswer(definition: PropertyDefinition, archived: boolean): Record<string, unknown> {
  return {
    updatedAt: definition.updatedAt,
    createdAt: definition.createdAt,
    name: definition.name,
    label: definition.label,
    type: definition.type,
    fieldType: definition.fieldType,
    description: definition.description,
    groupName: definition.groupName,
    options: definition.options.map((option, displayOrder) => ({ ...option, displayOrder, hidden: false })),
    displayOrder: -1,
    calculated: definition.calculated,
    externalOptions: false,
    archived,
    hasUniqueValue: definition.hasUniqueValue,
    hidden: false,
    hubspotDefined: definition.hubspotDefined,
    modificationMetadata: {
      archivable: !definition.hubspotDefined,
      readOnlyDefinition: definition.hubspotDefined,
      readOnlyOptions: definition.hubspotDefined,
      readOnlyValue: definition.readOnly,
    },
    formField: !definition.readOnly,
    dataSensitivity: "non_sensitive",
  };
}
