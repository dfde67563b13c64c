import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Called when what a fixture made is no longer needed. Tests that run side by side hand in their own context's. */
export type AtEnd = (cleanUp: () => void | Promise<void>) => void;

/** A folder of this test's own, removed when it ends. */
export function temporaryFolder(atEnd: AtEnd = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-test-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
