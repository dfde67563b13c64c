import { expect, it } from "vitest";
import { nearestName } from "../../f/asset_graph/nearest_name.ts";

it("the nearest name is the one that the fewest edits lead to, in whatever order the names come", () => {
  expect(nearestName("contacs", ["contracts", "contacts"])).toBe("contacts");
  expect(nearestName("contacs", ["contacts", "contracts"])).toBe("contacts");
});

it("the nearest name may be meant by its last segment alone", () => {
  expect(nearestName("contact", ["hubspot/contacts", "retl.people"])).toBe("hubspot/contacts");
});

it("no name is near when more than a third of its letters differ", () => {
  expect(nearestName("tickets", ["contacts", "deals"])).toBeNull();
  expect(nearestName("a", ["b"])).toBeNull();
});
