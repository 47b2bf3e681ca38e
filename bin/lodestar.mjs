#!/usr/bin/env node
// The one file that any Node can read. It checks the version, then hands over to the program.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(`lodestar needs Node 24 or newer; this is Node ${process.versions.node}.`);
  console.error(`Next: npx --yes node@24 "${self}" ${process.argv.slice(2).join(" ")}`.trimEnd());
  process.exit(2);
}
// In a checkout the sources run as they are; the installed package carries dist/.
const source = new URL("../src/cli/run.ts", import.meta.url);
const built = new URL("../dist/cli/run.js", import.meta.url);
const { run } = await import(existsSync(fileURLToPath(source)) ? source.href : built.href);
process.exitCode = await run(process.argv.slice(2));
