import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resourceFiles } from "../../../local/build/resource_files.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), "resources");
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

const withValue = (value: string) => `description: For a test.\nresource_type: example\nvalue:\n${value}\n`;

const problemsOf = (value: string): string => {
  try {
    resourceFiles(folderWith({ "example.resource.yaml": withValue(value) }));
    return "";
  } catch (error) {
    return String(error);
  }
};

describe("a resource", () => {
  it("is copied as it is, comments included", () => {
    const content = `# Why.\n${withValue("  token: $var:f/reverse_etl/token\n  host: example")}`;
    expect(resourceFiles(folderWith({ "a.resource.yaml": content })).get("a.resource.yaml")).toBe(content);
  });

  it.each([
    "token",
    "private_key",
    "privateKey",
    "password",
    "api_token",
    "apiKey",
    "client_secret",
    "private_key_passphrase",
    "programmatic_access_token",
  ])("may hold %s only as a reference to a variable", (field) => {
    expect(problemsOf(`  ${field}: $var:f/reverse_etl/x`)).toBe("");
    const message = problemsOf(`  ${field}: hunter2`);
    expect(message).toContain(
      `resources/example.resource.yaml: value.${field} must be a reference such as $var:`,
    );
    expect(message).not.toContain("hunter2");
  });

  it.each([
    ["a number as a password", "  password: 12345"],
    ["a reference with something after it", "  token: $var:f/a/b plus hunter2"],
    ["a secret inside a list", "  tokens:\n    - hunter2"],
    ["a secret under an object", "  environment:\n    DBT_PASSWORD: hunter2"],
    ["a HubSpot token under a harmless name", "  note: pat-na1-0123"],
    ["a private key under a harmless name", '  note: "-----BEGIN PRIVATE KEY-----"'],
    ["a password in a URL", "  host: https://someone:hunter2@example.com"],
  ])("may not hold %s", (_, value) => {
    expect(problemsOf(value)).toContain("must be a reference");
    expect(problemsOf(value)).not.toMatch(/hunter2|12345|0123/);
  });

  it("may hold what is no secret as it is", () => {
    expect(problemsOf("  backend: none\n  database: analytics\n  url: https://example.com/path")).toBe("");
  });

  it("has all problems of all files reported at once", () => {
    const folder = folderWith({
      "a.resource.yaml": "resource_type: Bad Type\nvalue: {}\n",
      "b.resource.yaml": "[",
      "notes.txt": "hello",
    });
    expect(() => resourceFiles(folder)).toThrow(
      /BUILD_RESOURCES.*\n.*a\.resource\.yaml: description: .*\n.*a\.resource\.yaml: resource_type: .*\n.*b\.resource\.yaml: is not YAML.*\n.*notes\.txt: the name must be/,
    );
  });

  it("of this repository holds nothing but references and the name of a back end", () => {
    const folder = join(import.meta.dirname, "..", "..", "..", "resources");
    expect([...resourceFiles(folder).keys()]).toEqual(readdirSync(folder).sort());
    const values = readdirSync(folder).flatMap((name) => {
      const [, value = ""] = readFileSync(join(folder, name), "utf8").split("\nvalue:\n");
      return value.trim().split("\n");
    });
    for (const line of values) expect(line).toMatch(/^\s*\w+: (\$var:f\/reverse_etl\/\w+|none)$/);
  });
});
