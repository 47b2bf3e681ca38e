// Runs every test (node:test) below src/, or the files that are named. `npm test -- src/kernel` runs one folder.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const named = process.argv.slice(2);
const patterns =
  named.length === 0
    ? ["src/**/*.test.ts", "scripts/**/*.test.ts"]
    : named.map((name) => (name.endsWith(".ts") ? name : `${name}/**/*.test.ts`));
const files = globSync(patterns).sort();
if (files.length === 0) {
  console.error(`No test file matches ${patterns.join(" ")}. Next: npm test`);
  process.exit(2);
}
const concurrency = process.env.LODESTAR_TEST_CONCURRENCY ?? "3";
const done = spawnSync(
  process.execPath,
  [
    "--test",
    `--test-concurrency=${concurrency}`,
    "--test-timeout=120000",
    "--disable-warning=ExperimentalWarning",
    ...files,
  ],
  { stdio: "inherit" },
);
process.exit(done.status ?? 1);
