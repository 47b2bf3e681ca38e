/** Writes the JSON schemas of `schema/` from the types that read those files; `--check` only says whether one is stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { Config } from "../src/kernel/config-schema.ts";
import { StruggleSettings } from "../src/sdk/struggle.ts";

const folder = new URL("../schema/", import.meta.url);
const schemas = [
  { name: "config", title: "Lodestar configuration", type: Config, from: "src/kernel/config-schema.ts" },
  {
    name: "struggle-settings",
    title: "Lodestar struggle settings",
    type: StruggleSettings,
    from: "src/sdk/struggle.ts",
  },
];

mkdirSync(folder, { recursive: true });
for (const { name, title, type, from } of schemas) {
  const file = new URL(`${name}.schema.json`, folder);
  // Draft 7 is what editors read (https://code.visualstudio.com/docs/languages/json).
  const schema = { title, ...z.toJSONSchema(type, { target: "draft-7", io: "input" }) };
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
  } else if (read(file) !== text) {
    console.error(`schema/${name}.schema.json is not what ${from} says. Next: node scripts/schema.mjs`);
    process.exitCode = 1;
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
