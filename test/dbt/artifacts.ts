/** A manifest as dbt writes it, cut to the fields that decide: a model made from another one, through an ephemeral one. */
export const manifest = {
  nodes: {
    "model.shop.orders": { schema: "staging", name: "orders", alias: "orders" },
    "model.shop.orders_inline": { schema: "retl", name: "orders_inline", alias: "orders_inline" },
    "model.shop.contacts": { schema: "RETL", name: "contacts", alias: "HUBSPOT_CONTACTS" },
    "model.shop.unrelated": { schema: "retl", name: "unrelated" },
  },
  parent_map: {
    "model.shop.orders": ["source.shop.raw.orders"],
    "model.shop.orders_inline": ["model.shop.orders"],
    "model.shop.contacts": ["model.shop.orders_inline"],
    "model.shop.unrelated": [],
    "test.shop.unique_contacts.1": ["model.shop.contacts"],
    "test.shop.not_null_orders.2": ["source.shop.raw.orders"],
    "test.shop.unrelated.3": ["model.shop.unrelated"],
    "test.shop.nothing_named.4": [],
    "unit_test.shop.contacts.grades": ["model.shop.contacts"],
    "exposure.shop.hubspot": ["model.shop.contacts"],
  },
};

/** run_results.json with these statuses by unique id; a status may come with dbt's message. */
export function runResults(
  statuses: Readonly<Record<string, string | readonly [status: string, message: string]>>,
) {
  return {
    metadata: {
      invocation_id: "invocation-1",
      dbt_schema_version: "https://schemas.getdbt.com/dbt/run-results/v6.json",
    },
    results: Object.entries(statuses).map(([unique_id, given]) => {
      const [status, message] = typeof given === "string" ? [given, null] : given;
      return { unique_id, status, message, failures: null, adapter_response: {} };
    }),
  };
}
