import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runProcess } from "../../f/reverse_etl/dbt/run_process.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const shell = (script: string, timeoutMs: number) =>
  runProcess("/bin/sh", ["-c", script], {
    cwd: "/",
    environment: { PATH: process.env.PATH },
    timeoutMs,
    graceMs: 200,
  });

/** A zombie is dead, too: it only waits for the container's first process to take note. */
function isAlive(pid: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

describe("a subprocess", () => {
  it("tells its exit code and both of its streams", async () => {
    const end = await shell("echo out; echo err >&2; exit 3", 5_000);
    expect(end).toEqual({ exitCode: 3, signal: null, timedOut: false, stdout: "out\n", stderr: "err\n" });
  });

  it("that does not end in time is stopped with its children, even when both ignore the interrupt", async () => {
    const end = await shell('trap "" INT; sleep 300 & echo $!; wait; wait', 200);
    expect(end).toMatchObject({ exitCode: null, signal: "SIGKILL", timedOut: true });
    expect(end.stdout.trim()).toMatch(/^\d+$/);
    expect(isAlive(end.stdout.trim())).toBe(false);
  });

  it("ends with the process that started it, when that is told to stop", async () => {
    const file = join(temporaryFolder(), "pid");
    const script = fileURLToPath(new URL("stopped_process.ts", import.meta.url));
    const starter = spawn(process.execPath, ["--import", "tsx", script, file], { stdio: "ignore" });
    const ended = new Promise((resolve) => starter.on("exit", (_, signal) => resolve(signal)));
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
    const pid = readFileSync(file, "utf8").trim();
    expect(isAlive(pid)).toBe(true);
    starter.kill("SIGTERM");
    expect(await ended).toBe("SIGTERM");
    await expect.poll(() => isAlive(pid)).toBe(false);
  }, 30_000);

  it("keeps the end of a long output", async () => {
    const end = await shell("head -c 1000000 /dev/zero | tr '\\0' x; echo last", 10_000);
    expect(end.stdout).toHaveLength(256 * 1024);
    expect(end.stdout.endsWith("last\n")).toBe(true);
  });

  it("leaves no listener behind", async () => {
    const before = process.listenerCount("SIGTERM") + process.listenerCount("exit");
    await shell("exit 0", 5_000);
    expect(process.listenerCount("SIGTERM") + process.listenerCount("exit")).toBe(before);
  });
});
