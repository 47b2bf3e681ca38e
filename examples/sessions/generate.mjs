/**
 * Writes the corpus of scripted sessions: loops, and honest work that looks like them; `--check` only says whether a file is
 * stale. Each `*.jsonl` is one session: a line that says what it is, then its steps (`SessionStep` of lodestar/sdk).
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { session, textOf } from "./_builder.mjs";
import { editingSessions } from "./_honest-editing.mjs";
import { lookingSessions } from "./_honest-looking.mjs";
import { waitingSessions } from "./_honest-waiting.mjs";
import { callLoops } from "./_loops-calls.mjs";
import { editLoops } from "./_loops-edits.mjs";
import { talkLoops } from "./_loops-talk.mjs";

const folder = new URL("./", import.meta.url);
const texts = new Map();
for (const { name, options, rounds, round } of [...callLoops, ...editLoops, ...talkLoops]) {
  const one = session(`loop-${name}`, options);
  for (let n = 0; n < rounds; n++) {
    one.script.round();
    round(one.script, n);
  }
  texts.set(`loop-${name}.jsonl`, textOf(one));
}
for (const { name, options, script } of [...waitingSessions, ...lookingSessions, ...editingSessions]) {
  const one = session(name, options);
  script(one.script);
  one.script.say("That is all.");
  texts.set(`${name}.jsonl`, textOf(one));
}

const there = readdirSync(folder).filter((file) => file.endsWith(".jsonl"));
if (process.argv.includes("--check")) {
  const stale = new Set([...there.filter((file) => !texts.has(file)), ...[...texts.keys()].filter(isStale)]);
  if (stale.size > 0) {
    process.stderr.write(`Stale: ${[...stale].join(", ")}. Next: node examples/sessions/generate.mjs\n`);
    process.exitCode = 1;
  }
} else {
  for (const file of there) if (!texts.has(file)) rmSync(new URL(file, folder));
  for (const [file, text] of texts) writeFileSync(new URL(file, folder), text);
}

function isStale(file) {
  return !there.includes(file) || readFileSync(new URL(file, folder), "utf8") !== texts.get(file);
}
