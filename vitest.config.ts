import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/support/closing_line_reporter.ts"],
    // Two cores: more workers than that only make the tests that measure waiting flaky.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What a test waits for comes; how soon it does is the machine's affair.
    expect: { poll: { timeout: 20_000 } },
  },
});
