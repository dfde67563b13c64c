import { z } from "zod";
import { batchAnswer } from "./batch_answer.ts";
import { MAX_INPUTS } from "./batch_input.ts";
import type { ObjectType } from "./object_type.ts";
import type { Portal } from "./portal.ts";
import {
  FIELD_TYPES,
  PROPERTY_TYPES,
  type PropertyDefinition,
  type PropertyType,
  propertyAnswer,
} from "./property_definition.ts";
import { Refusal, rowRefusal, validationError } from "./refusal.ts";
import { type ApiRequest, param, parsedBody, type Route, schemaScope, single } from "./route.ts";

/** HubSpot's limit of unique properties of one object (properties guide, read 2026-11). */
const MAX_UNIQUE = 10;

const option = z.object({ label: z.string(), value: z.string() });

const newProperty = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(PROPERTY_TYPES as [PropertyType, ...PropertyType[]]),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().nullish(),
  options: z.array(option).nullish(),
  hasUniqueValue: z.boolean().nullish(),
});

const changedProperty = z.object({
  label: z.string().optional(),
  description: z.string().optional(),
  groupName: z.string().optional(),
  options: z.array(option).optional(),
});

const newGroup = z.object({ name: z.string(), label: z.string() });

const ALL = "/crm/v3/properties/:type";
const ONE = "/crm/v3/properties/:type/:name";

export const PROPERTY_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: ALL,
    writes: false,
    scope: schemaScope("read"),
    answer(portal, request) {
      const type = portal.type(param(request, "type"));
      const archived = single(request.query.archived) === "true";
      const definitions = archived ? type.archivedProperties : type.properties;
      const results = [...definitions.values()].map((definition) => propertyAnswer(definition, archived));
      return { status: 200, body: { results } };
    },
  },
  {
    method: "POST",
    path: ALL,
    writes: false,
    scope: schemaScope("write"),
    answer(portal, request) {
      const definition = createProperty(portal, portal.type(param(request, "type")), request.body);
      return { status: 201, body: propertyAnswer(definition, false) };
    },
  },
  {
    method: "POST",
    path: `${ALL}/batch/create`,
    writes: false,
    scope: schemaScope("write"),
    answer: createProperties,
  },
  {
    method: "POST",
    path: `${ALL}/batch/read`,
    writes: false,
    scope: schemaScope("read"),
    answer: readProperties,
  },
  {
    method: "GET",
    path: `${ALL}/groups`,
    writes: false,
    scope: schemaScope("read"),
    answer(portal, request) {
      const { groups } = portal.type(param(request, "type"));
      return { status: 200, body: { results: [...groups].map(([name, label]) => groupAnswer(name, label)) } };
    },
  },
  {
    method: "POST",
    path: `${ALL}/groups`,
    writes: false,
    scope: schemaScope("write"),
    answer(portal, request) {
      const { name, label } = parsedBody(newGroup, request.body);
      const { groups } = portal.type(param(request, "type"));
      if (groups.has(name)) throw alreadyExists(`Property group "${name}" already exists`);
      groups.set(name, label);
      return { status: 201, body: groupAnswer(name, label) };
    },
  },
  {
    method: "GET",
    path: ONE,
    writes: false,
    scope: schemaScope("read"),
    answer(portal, request) {
      return { status: 200, body: propertyAnswer(named(portal, request), false) };
    },
  },
  {
    method: "PATCH",
    path: ONE,
    writes: false,
    scope: schemaScope("write"),
    answer(portal, request) {
      const former = named(portal, request);
      const { label, description, groupName, options } = parsedBody(changedProperty, request.body);
      if (former.hubspotDefined) throw validationError(`Property "${former.name}" cannot be changed`);
      const changed: PropertyDefinition = {
        ...former,
        label: label ?? former.label,
        description: description ?? former.description,
        groupName: groupName ?? former.groupName,
        options: options ?? former.options,
        allowed: options === undefined ? former.allowed : new Set(options.map(({ value }) => value)),
        updatedAt: new Date(portal.clock.now()).toISOString(),
      };
      portal.type(param(request, "type")).add(changed);
      return { status: 200, body: propertyAnswer(changed, false) };
    },
  },
  {
    method: "DELETE",
    path: ONE,
    writes: false,
    scope: schemaScope("write"),
    answer(portal, request) {
      const definition = named(portal, request);
      if (definition.hubspotDefined) throw validationError(`Property "${definition.name}" cannot be deleted`);
      const type = portal.type(param(request, "type"));
      type.remove(definition);
      portal.store(type).forgetProperty(definition.name);
      return { status: 204 };
    },
  },
];

function createProperty(portal: Portal, type: ObjectType, body: unknown): PropertyDefinition {
  const { description, options, hasUniqueValue, ...sent } = parsedBody(newProperty, body);
  if (!/^[a-z][a-z0-9_]*$/.test(sent.name)) {
    throw validationError(
      `Property name "${sent.name}" is invalid: it must start with a letter and have only lowercase letters, numbers and underscores`,
    );
  }
  if (type.properties.has(sent.name)) throw alreadyExists(`Property "${sent.name}" already exists`);
  if (!type.groups.has(sent.groupName))
    throw validationError(`Property group "${sent.groupName}" does not exist`);
  const fieldTypes: readonly string[] = FIELD_TYPES[sent.type];
  if (!fieldTypes.includes(sent.fieldType)) {
    throw validationError(
      `Invalid fieldType ${sent.fieldType} for type ${sent.type}: use one of [${fieldTypes.join(", ")}]`,
    );
  }
  const ownUnique = type.unique.filter((property) => !property.hubspotDefined);
  if (hasUniqueValue === true && ownUnique.length >= MAX_UNIQUE) {
    throw validationError(`An object can have at most ${MAX_UNIQUE} properties with unique values`);
  }
  return type.define(
    {
      ...sent,
      description: description ?? undefined,
      options: options === null || options === undefined || options.length === 0 ? undefined : options,
      hasUniqueValue: hasUniqueValue ?? false,
    },
    new Date(portal.clock.now()).toISOString(),
  );
}

function createProperties(portal: Portal, request: ApiRequest): ReturnType<Route["answer"]> {
  const type = portal.type(param(request, "type"));
  const { inputs } = parsedBody(z.object({ inputs: z.array(z.unknown()).max(MAX_INPUTS) }), request.body);
  const results: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  for (const input of inputs) {
    try {
      results.push(propertyAnswer(createProperty(portal, type, input), false));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push(rowRefusal(error, null, portal.settings.portalId));
    }
  }
  return batchAnswer(portal, 201, results, errors);
}

function readProperties(portal: Portal, request: ApiRequest): ReturnType<Route["answer"]> {
  const type = portal.type(param(request, "type"));
  const { inputs } = parsedBody(
    z.object({ inputs: z.array(z.object({ name: z.string() })).max(MAX_INPUTS) }),
    request.body,
  );
  const found = inputs.flatMap(({ name }) => type.properties.get(name) ?? []);
  const missing = inputs.filter(({ name }) => !type.properties.has(name)).map(({ name }) => name);
  const errors = missing.map((name) => rowRefusal(unknownProperty(name), null, portal.settings.portalId));
  return batchAnswer(
    portal,
    200,
    found.map((definition) => propertyAnswer(definition, false)),
    errors,
  );
}

function named(portal: Portal, request: ApiRequest): PropertyDefinition {
  const name = param(request, "name");
  const definition = portal.type(param(request, "type")).properties.get(name);
  if (definition === undefined) throw unknownProperty(name);
  return definition;
}

function unknownProperty(name: string): Refusal {
  return new Refusal({
    status: 404,
    category: "OBJECT_NOT_FOUND",
    message: `Property with name ${name} does not exist`,
    context: { name: [name] },
  });
}

function alreadyExists(message: string): Refusal {
  return new Refusal({ status: 409, category: "OBJECT_ALREADY_EXISTS", message });
}

function groupAnswer(name: string, label: string): Record<string, unknown> {
  return { name, label, displayOrder: -1, archived: false };
}
