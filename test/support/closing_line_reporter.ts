import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends the run with one plain line, for readers that know no vitest: `N passed, N failed, N skipped`, after the names of what was skipped, which
 * say why.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skipped = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") counts[state]++;
        if (state !== "skipped") continue;
        const [group] = test.fullName.split(" > ");
        const name = `${module.relativeModuleId}: ${group}`;
        skipped.set(name, (skipped.get(name) ?? 0) + 1);
      }
      // A file that could not be loaded has no tests to count.
      if (module.state() === "failed" && module.errors().length > 0) counts.failed++;
    }
    for (const [name, tests] of skipped) process.stdout.write(`skipped: ${name} (${tests})\n`);
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
