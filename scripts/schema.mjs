/** Writes `schema/config.schema.json` from the type that reads `.lodestar/config.json`; `--check` only says whether it is stale. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { Config } from "../src/kernel/config-schema.ts";

const folder = new URL("../schema/", import.meta.url);
const file = new URL("config.schema.json", folder);
// Draft 7 is what editors read (https://code.visualstudio.com/docs/languages/json).
const schema = { title: "Lodestar configuration", ...z.toJSONSchema(Config, { target: "draft-7", io: "input" }) };
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (!process.argv.includes("--check")) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
} else if (read(file) !== text) {
  console.error(
    "schema/config.schema.json is not what src/kernel/config-schema.ts says. Next: node scripts/schema.mjs",
  );
  process.exitCode = 1;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
