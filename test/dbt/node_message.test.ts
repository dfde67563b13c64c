import { describe, expect, it } from "vitest";
import { withoutRowValues } from "../../f/reverse_etl/dbt/node_message.ts";

describe("a message of dbt", () => {
  it.each([
    [
      "Runtime Error in model contacts (models/contacts.sql)\n  Conversion Error: Could not convert string 'ann@example.com' to INT32",
      "Runtime Error in model contacts (models/contacts.sql): Conversion Error (its text is left out because it may quote values)",
    ],
    [
      'Runtime Error in model contacts (models/contacts.sql)\n  Constraint Error: Duplicate key "email: ann@example.com" violates unique constraint',
      "Runtime Error in model contacts (models/contacts.sql): Constraint Error (its text is left out because it may quote values)",
    ],
    [
      "Database Error in model contacts (models/contacts.sql)\n  100038 (22018): Numeric value 'ann@example.com' is not recognized",
      "Database Error in model contacts (models/contacts.sql): 100038 (22018) (its text is left out because it may quote values)",
    ],
    ["ann@example.com is taken", "an error (its text is left out because it may quote values)"],
  ])("is shown without the value it quotes", (message, shown) => {
    expect(withoutRowValues(message)).toBe(shown);
    expect(withoutRowValues(message)).not.toContain("ann@");
  });

  it.each([
    ["Got 3 results, configured to fail if != 0", "Got 3 results, configured to fail if != 0"],
    [
      'Runtime Error in model contacts (models/contacts.sql)\n  Binder Error: Referenced column "emial" not found in FROM clause!\n  Candidate bindings: "email"',
      'Runtime Error in model contacts (models/contacts.sql): Binder Error: Referenced column "emial" not found in FROM clause!',
    ],
    [
      "Database Error in model contacts (models/contacts.sql)\n  002003 (42S02): SQL compilation error:\n  Object 'SHOP.RAW.ORDERS' does not exist or not authorized.",
      "Database Error in model contacts (models/contacts.sql): 002003 (42S02): SQL compilation error: Object 'SHOP.RAW.ORDERS' does not exist or not authorized.",
    ],
    [
      "Compilation Error\n  The selection criterion '+nope' does not match any enabled nodes",
      "Compilation Error: The selection criterion '+nope' does not match any enabled nodes",
    ],
  ])("that speaks of the statement or of a count is shown", (message, shown) => {
    expect(withoutRowValues(message)).toBe(shown);
  });

  it("that is empty is none", () => {
    expect(withoutRowValues(null)).toBeNull();
    expect(withoutRowValues(" \n")).toBeNull();
  });
});
