import type { PropertySpecification } from "./property_definition.ts";

/** An object type before any record exists. */
export interface ObjectTypeSpecification {
  /** The plural that paths use: `contacts`. */
  readonly name: string;
  /** `0-1`, `2-1234567`. */
  readonly objectTypeId: string;
  /** `Contact`. */
  readonly singular: string;
  readonly groupName: string;
  readonly properties: readonly PropertySpecification[];
  /** What a read shows when it names no property. */
  readonly shownByDefault: readonly string[];
  /** `lastmodifieddate` on contacts, `hs_lastmodifieddate` everywhere else. */
  readonly modifiedProperty: string;
  /** `hs_createdate` on custom objects, `createdate` everywhere else. */
  readonly createdProperty: string;
  /** Values that a new record gets when none is sent. */
  readonly initial: Readonly<Record<string, string>>;
}

/** HubSpot's stages in the order in which a contact moves through them. */
const LIFECYCLE_STAGES = [
  "subscriber",
  "lead",
  "marketingqualifiedlead",
  "salesqualifiedlead",
  "opportunity",
  "customer",
  "evangelist",
  "other",
];

function text(...names: string[]): PropertySpecification[] {
  return names.map((name) => ({ name, type: "string" }));
}

const lifecycleStage: PropertySpecification = {
  name: "lifecyclestage",
  type: "enumeration",
  fieldType: "radio",
  options: LIFECYCLE_STAGES,
};

function kept(name: string, type: PropertySpecification["type"]): PropertySpecification {
  return { name, type, readOnly: true };
}

/** The read-only properties that every record has. */
export function recordProperties(type: ObjectTypeSpecification): PropertySpecification[] {
  return [
    kept("hs_object_id", "number"),
    kept(type.createdProperty, "datetime"),
    kept(type.modifiedProperty, "datetime"),
    kept("hs_merged_object_ids", "string"),
  ];
}

export const DEFAULT_OBJECTS: readonly ObjectTypeSpecification[] = [
  {
    name: "contacts",
    objectTypeId: "0-1",
    singular: "Contact",
    groupName: "contactinformation",
    modifiedProperty: "lastmodifieddate",
    createdProperty: "createdate",
    initial: { lifecyclestage: "lead" },
    shownByDefault: ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
    properties: [
      { name: "email", type: "string", hasUniqueValue: true },
      ...text(
        "firstname",
        "lastname",
        "company",
        "jobtitle",
        "website",
        "address",
        "city",
        "state",
        "zip",
        "country",
      ),
      { name: "phone", type: "string", fieldType: "phonenumber" },
      { name: "mobilephone", type: "string", fieldType: "phonenumber" },
      lifecycleStage,
      { name: "hs_lead_status", type: "enumeration", options: ["NEW", "OPEN", "IN_PROGRESS", "UNQUALIFIED"] },
      kept("hs_additional_emails", "string"),
      kept("hs_marketable_status", "string"),
      { name: "hs_email_domain", type: "string", calculated: true },
    ],
  },
  {
    name: "companies",
    objectTypeId: "0-2",
    singular: "Company",
    groupName: "companyinformation",
    modifiedProperty: "hs_lastmodifieddate",
    createdProperty: "createdate",
    initial: {},
    shownByDefault: ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
    properties: [
      ...text("name", "domain", "industry", "city", "state", "zip", "country", "website"),
      { name: "phone", type: "string", fieldType: "phonenumber" },
      { name: "numberofemployees", type: "number" },
      { name: "annualrevenue", type: "number" },
      lifecycleStage,
    ],
  },
  {
    name: "deals",
    objectTypeId: "0-3",
    singular: "Deal",
    groupName: "dealinformation",
    modifiedProperty: "hs_lastmodifieddate",
    createdProperty: "createdate",
    initial: {},
    shownByDefault: [
      "amount",
      "closedate",
      "createdate",
      "dealname",
      "dealstage",
      "hs_lastmodifieddate",
      "hs_object_id",
      "pipeline",
    ],
    properties: [
      ...text("dealname"),
      { name: "amount", type: "number" },
      { name: "closedate", type: "datetime" },
      { name: "pipeline", type: "enumeration", options: ["default"] },
      {
        name: "dealstage",
        type: "enumeration",
        options: ["appointmentscheduled", "qualifiedtobuy", "contractsent", "closedwon", "closedlost"],
      },
    ],
  },
  {
    name: "tickets",
    objectTypeId: "0-5",
    singular: "Ticket",
    groupName: "ticketinformation",
    modifiedProperty: "hs_lastmodifieddate",
    createdProperty: "createdate",
    initial: {},
    shownByDefault: [
      "content",
      "createdate",
      "hs_lastmodifieddate",
      "hs_object_id",
      "hs_pipeline",
      "hs_pipeline_stage",
      "subject",
    ],
    properties: [
      ...text("subject", "content"),
      { name: "hs_pipeline", type: "enumeration", options: ["0"] },
      { name: "hs_pipeline_stage", type: "enumeration", options: ["1", "2", "3", "4"] },
      { name: "hs_ticket_priority", type: "enumeration", options: ["LOW", "MEDIUM", "HIGH", "URGENT"] },
    ],
  },
];
