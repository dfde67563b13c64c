import { vi } from "vitest";

/** Keeps everything that this process writes while `work` runs, instead of showing it. */
export async function capturedOutput(work: () => Promise<void>): Promise<string[]> {
  const written: string[] = [];
  const keep = (chunk: unknown) => {
    written.push(typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8"));
    return true;
  };
  const outputs = [
    vi.spyOn(process.stdout, "write").mockImplementation(keep),
    vi.spyOn(process.stderr, "write").mockImplementation(keep),
    ...(["log", "info", "warn", "error", "debug"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation((...texts) => void keep(texts.join(" "))),
    ),
  ];
  try {
    await work();
  } finally {
    for (const output of outputs) output.mockRestore();
  }
  return written;
}
