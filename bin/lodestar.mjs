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
// In a checkout the sources run as they are; the installed package carries dist/.
// An agent waits for its hooks at every step, so they do not load the other commands.
const entry = words[0] === "hook" ? "hook" : "run";
const source = new URL(`../src/cli/${entry}.ts`, import.meta.url);
const built = new URL(`../dist/cli/${entry}.js`, import.meta.url);
const isCheckout = existsSync(fileURLToPath(source));
keepCompiled();
const { run } = await import(isCheckout ? source.href : built.href);
process.exitCode = await run(words);

/**
 * Compiled code is kept, which makes every command two or three times as fast (bench/status.ts): beside the packages of a
 * checkout, else in the data dir, once there is one.
 */
function keepCompiled() {
  const folder = isCheckout ? fileURLToPath(new URL("../node_modules/.cache/lodestar", import.meta.url)) : inDataDir();
  if (folder === undefined) return;
  module.enableCompileCache(folder);
  // Written when the process ends; a daemon may be killed before that.
  setTimeout(() => module.flushCompileCache(), 5_000).unref();
}

function inDataDir() {
  const option = words.find((_, index) => words[index - 1] === "--data-dir");
  const dataDir = option ?? process.env.LODESTAR_HOME ?? join(homedir(), ".lodestar");
  const isThere = existsSync(words[0] === "daemon" ? dataDir : join(dataDir, "lock.db"));
  return isThere && words[0] !== "uninstall" ? join(dataDir, "compiled") : undefined;
}
