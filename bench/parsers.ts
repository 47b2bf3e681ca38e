/**
 * Places: precision and recall of (file, line) on real output of tools, without being told the tool.
 * Data: `08-errors/linters-errorformat.json.gz` (reviewdog/errorformat, MIT), by argument or LODESTAR_TESTDATA; never part of this repository.
 * Every row is shown; nothing is left out. A place is right when file and line are equal; a place that is printed twice counts once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { loadPlugins } from "../src/host/plugins.ts";
import { readOutput } from "../src/kernel/measure.ts";

const Rows = z.array(
  z.object({
    tool: z.string(),
    input: z.string(),
    expected: z.array(z.object({ file: z.string(), line: z.number() })),
  }),
);
const given = process.argv[2] ?? process.env.LODESTAR_TESTDATA;
if (!given) {
  console.error(
    "Where is the data? Next: npm run bench -- parsers <folder with 08-errors>  (or set LODESTAR_TESTDATA)",
  );
  process.exit(2);
}
const file = given.endsWith(".gz") ? given : join(given, "08-errors", "linters-errorformat.json.gz");
const rows = Rows.parse(JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")));
const { parsers } = await loadPlugins();

const total = { right: 0, named: 0, expected: 0 };
console.log(`${"tool".padEnd(16)} ${"parser".padEnd(12)} expected  named  right`);
for (const row of rows) {
  const reading = readOutput({ command: "", output: row.input, exit: 1 }, parsers);
  const named = new Set(reading.locations.map(key));
  const expected = new Set(row.expected.map(key));
  const right = [...named].filter((place) => expected.has(place)).length;
  total.right += right;
  total.named += named.size;
  total.expected += expected.size;
  const figures = [expected.size, named.size, right].map((figure) => String(figure).padStart(6)).join(" ");
  console.log(`${row.tool.padEnd(16)} ${(reading.parser ?? "nobody").padEnd(12)} ${figures}`);
}
console.log(`precision ${percent(total.right, total.named)}, recall ${percent(total.right, total.expected)}`);

const largest = rows.map((row) => row.input).join("\n");
const started = performance.now();
readOutput({ command: "", output: largest, exit: 1 }, parsers);
const seconds = (performance.now() - started) / 1000;
console.log(
  `${(largest.length / 1024 / seconds / 1024).toFixed(1)} MB/s with all ${parsers.length} parsers (one output of ${(largest.length / 1024).toFixed(0)} KiB)`,
);

function key(place: { file: string; line: number }): string {
  return `${place.file}:${place.line}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((100 * part) / whole).toFixed(1)} % (${part}/${whole})`;
}
