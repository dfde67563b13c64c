import * as z from "zod";
import { isIdentifier } from "../warehouse/identifier.ts";
import { settings } from "./settings.ts";

/** HubSpot keeps names of labels up to 50 characters; a type is one of the account's, one of HubSpot's or one of an integration. */
const label = z.union([
  z
    .string()
    .regex(/^[^\p{Cc}]{1,50}$/u, "must be the name of a label, as HubSpot shows it")
    .refine((name) => name.trim() === name, "must not begin or end with a blank"),
  settings({
    category: z.enum(["HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"]),
    type_id: z.number().int().min(1).max(2_147_483_647),
  }),
]);

/** How the records of a sync are associated with those of another one. */
export const associationShape = settings({
  /** The key of the other sync's asset, which must be in `deps`, or the key of this asset itself. */
  to: z.string().min(1),
  /** The column of this sync's table that holds unique ids of the other sync. NULL: no association. */
  foreign_key: z
    .string()
    .refine(
      isIdentifier,
      "must be a plain SQL identifier: letters, digits, _ and $, not starting with a digit",
    ),
  /** A label by its name or by its type; HubSpot's association without a label when absent. */
  label: label.optional(),
});

export type AssociationConfig = z.output<typeof associationShape>;

/** How an association's label is named in `<sync_table>_associations`; `""` for none. */
export function labelName(config: Pick<AssociationConfig, "label">): string {
  if (config.label === undefined) return "";
  return typeof config.label === "string" ? config.label : `${config.label.category} ${config.label.type_id}`;
}

/** What is wrong with a list of associations, by place: the same one is declared once. */
export function repeatedAssociations(
  associations: readonly AssociationConfig[],
): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  const names = associations.map((association) => JSON.stringify([association.to, labelName(association)]));
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index) return [];
    const message = `is the association that associations.${first} declares: give it a label of its own`;
    return [{ path: ["associations", index], message }];
  });
}
