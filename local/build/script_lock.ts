import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { BUN_BINARY } from "./bun_binary.ts";

/** What of package-lock.json Bun needs to make its own lock: all of it, so only the shape around it is checked. */
const packageLock = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })),
});

type PackageLock = z.output<typeof packageLock>;

/** Between the package.json and the bun.lock of a Windmill lock (windmill-worker/src/bun_executor.rs, 1.788). */
const SPLIT = "\n//bun.lock\n";
/** What stands for the bun.lock of a script without packages; nothing may follow it, not even a line break. */
const WITHOUT_PACKAGES = `{"dependencies":{}}${SPLIT}<empty>`;

/** Makes Windmill's locks of scripts, by the packages that each reaches. */
export type LockScript = (packages: readonly string[]) => Promise<string>;

/**
 * Locks scripts to the versions of package-lock.json, those of indirect packages included, so that Windmill runs what the tests ran.
 *
 * Bun translates package-lock.json itself; that needs no network. A set of packages is translated once.
 */
export function scriptLocks(root: string): LockScript {
  const lock = packageLock.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const known = new Map<string, Promise<string>>();
  return async (packages) => {
    if (packages.length === 0) return WITHOUT_PACKAGES;
    const dependencies = versionsOf(lock, packages);
    const manifest = JSON.stringify({ dependencies }, null, 2);
    const translated = known.get(manifest) ?? bunLock(lock, dependencies, manifest);
    known.set(manifest, translated);
    return `${manifest}${SPLIT}${await translated}`;
  };
}

function versionsOf(lock: PackageLock, packages: readonly string[]): Readonly<Record<string, string>> {
  const versions = packages.map((name) => [name, lock.packages[`node_modules/${name}`]?.version] as const);
  const missing = versions.filter(([, version]) => version === undefined).map(([name]) => name);
  if (missing.length === 0) return Object.fromEntries(versions) as Record<string, string>;
  throw new Error(`BUILD_LOCK: f/ imports ${missing.join(", ")}, which package-lock.json does not have.`);
}

async function bunLock(
  lock: PackageLock,
  dependencies: Readonly<Record<string, string>>,
  manifest: string,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-lock-"));
  try {
    await writeFile(join(folder, "package.json"), manifest);
    const packages = { ...lock.packages, "": { dependencies } };
    await writeFile(join(folder, "package-lock.json"), JSON.stringify({ ...lock, packages }));
    await promisify(execFile)(BUN_BINARY, ["install", "--lockfile-only", "--ignore-scripts"], {
      cwd: folder,
      // Nothing of this machine's settings, such as a registry of its own, may get into a lock.
      env: { PATH: process.env.PATH, HOME: folder, BUN_INSTALL_CACHE_DIR: join(folder, "cache") },
    }).catch((error: Error) => {
      throw new Error(
        `BUILD_LOCK: Bun could not translate package-lock.json, so nothing was written; npm ci installs Bun anew. ${error.message}`,
      );
    });
    return portable(await readFile(join(folder, "bun.lock"), "utf8"), lock);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * A lock that Bun 1.3 reads, too: the official image of Windmill 1.788 has Bun 1.3.10, which ignores a lock of version 2 and installs the
 * newest versions in silence. Both versions of Bun read the lock as version 1 and install the same.
 */
function portable(text: string, lock: PackageLock): string {
  const versions = new Set(
    Object.entries(lock.packages).map(
      ([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`,
    ),
  );
  const strange = [...text.matchAll(/^ {4}"[^"]+": \["([^"]+)"/gm)]
    .map(([, locked = ""]) => locked)
    .filter((locked) => !versions.has(locked));
  if (strange.length > 0) {
    throw new Error(`BUILD_LOCK: Bun locked ${strange.join(", ")}, which package-lock.json does not have.`);
  }
  return text.replace(/"lockfileVersion": \d+/, '"lockfileVersion": 1');
}
