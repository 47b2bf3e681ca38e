#!/usr/bin/env node
// The one file that any Node can read. It checks the version, then hands over to the program.
import { existsSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);
const words = process.argv.slice(2);
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(`lodestar needs Node 24 or newer; this is Node ${process.versions.node}.`);
  const typed = words.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word)));
  console.error(`Next: ${["npx --yes node@24", JSON.stringify(self), ...typed].join(" ")}`);
  process.exit(2);
}
keepCompiled();
// In a checkout the sources run as they are; the installed package carries dist/.
const source = new URL("../src/cli/run.ts", import.meta.url);
const built = new URL("../dist/cli/run.js", import.meta.url);
const { run } = await import(existsSync(fileURLToPath(source)) ? source.href : built.href);
process.exitCode = await run(words);

/** Compiled code stays in the data dir, once there is one: `status` takes a third of the time (bench/status.ts). */
function keepCompiled() {
  const option = words.find((_, index) => words[index - 1] === "--data-dir");
  const dataDir = option ?? process.env.LODESTAR_HOME ?? join(homedir(), ".lodestar");
  if (words[0] === "uninstall" || !existsSync(words[0] === "daemon" ? dataDir : join(dataDir, "lock.db"))) return;
  module.enableCompileCache(join(dataDir, "compiled"));
  // Written when the process ends; a daemon may be killed before that.
  setTimeout(() => module.flushCompileCache(), 5_000).unref();
}
