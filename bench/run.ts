/**
 * `npm run bench [-- name… [arguments]]`: every bench of this folder, or those that are named, one after the other and each
 * in a process of its own. A file that begins with `_` is no bench. What lacks its inputs says so and how to get them.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL("./", import.meta.url));
/** The user's mistake, or undecided: the bench has said what it lacks (DESIGN.md 7). */
const LACKING = [2, 4];

const all = readdirSync(HERE)
  .filter((file) => /^[^_].*\.ts$/.test(file) && file !== "run.ts")
  .map((file) => file.slice(0, -3));
const words = process.argv.slice(2);
const unnamed = words.findIndex((word) => !all.includes(word));
const names = unnamed < 0 ? words : words.slice(0, unnamed);
const given = unnamed < 0 ? [] : words.slice(unnamed);
if (given.length > 0 && names.length === 0) {
  console.error(`There is no bench ${given[0]}. Next: npm run bench -- ${all[0]}   (or: ${all.slice(1).join(", ")})`);
  process.exit(2);
}

const memory = `${Math.round(totalmem() / 1024 ** 3)} GiB`;
console.log(
  `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memory}, Linux ${release()}, Node ${process.versions.node}`,
);
let failed = 0;
for (const name of names.length > 0 ? names : all) {
  console.log(`\n## ${name}`);
  const file = `${HERE}${name}.ts`;
  const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", file, ...given], {
    stdio: "inherit",
  });
  if (done.status !== 0 && !LACKING.includes(done.status ?? -1)) failed++;
}
process.exitCode = failed > 0 ? 1 : 0;
