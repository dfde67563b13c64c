import type { Printer } from "./printer.ts";

/** The exit codes of every command; `--help` lists them. */
export const EXIT = { fine: 0, problems: 1, usage: 2, held: 3, busy: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command found or did. */
export interface CommandResult {
  readonly exit: ExitCode;
  /** What `--json` prints: one document. */
  readonly document: object;
  /** What people read; lines without the last line's end. */
  text(printer: Printer): string;
}

/** The gravest of several ends: a failure before a hold, a hold before a busy sync. */
export function gravest(codes: readonly ExitCode[]): ExitCode {
  const order = [EXIT.usage, EXIT.problems, EXIT.held, EXIT.busy];
  return order.find((code) => codes.includes(code)) ?? EXIT.fine;
}
