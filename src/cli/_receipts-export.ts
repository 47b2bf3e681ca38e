import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { UserError, messageOf } from "../sdk/errors.ts";
import type { Format } from "../sdk/plugin.ts";
import { dataDirOf, type DataDirOption } from "./_daemon.ts";
import { printJson, version } from "./_terminal.ts";

export interface ExportOptions extends DataDirOption {
  readonly json?: boolean;
  readonly key?: string;
  readonly format?: string;
  readonly output?: string;
}

/** The predicate of the statement, as it was signed. */
const JSON_FORMAT: Omit<Format, "examples"> = {
  name: "json",
  mediaType: "application/json",
  extension: "json",
  write: (receipt) => `${JSON.stringify(receipt, null, 2)}\n`,
};

/**
 * Writes a receipt, given by id or as a file, in a format that other tools read. What was changed after signing is refused;
 * an unknown signer is said. Without `--format` the ending of `--output` tells it, else it is Markdown.
 */
export async function exportReceipt(what: string, options: ExportOptions): Promise<void> {
  const { loadFormats } = await import("../main.ts");
  const formats = [...(await loadFormats()).map(({ plugin }) => plugin), JSON_FORMAT];
  const ending = extname(options.output ?? "").slice(1);
  const name = options.format ?? formats.find((format) => format.extension === ending)?.name ?? "markdown";
  const format = formats.find((one) => one.name === name);
  if (!format) {
    const names = formats.map((one) => one.name).sort();
    throw new UserError(`There is no format ${name}; there are ${names.join(", ")}`, {
      next: `lodestar receipts export ${what} --format ${names[0] ?? ""}`,
    });
  }
  const { id, receipt, signer, because } = await openReceipt(what, options);
  const text = format.write(receipt, { id, version: version() });
  if (signer === "unknown" && !options.json) console.error(because);
  const output = options.output === undefined ? undefined : await write(resolve(options.output), text);
  const facts = { id, format: format.name, mediaType: format.mediaType, signer };
  if (options.json) return printJson({ ...facts, ...(output === undefined ? { text } : { output }) });
  if (output === undefined) process.stdout.write(text);
  else console.log(`Wrote ${output}: receipt ${id} as ${format.name}`);
}

async function openReceipt(what: string, options: ExportOptions) {
  const { readReceipt, verifyReceipt } = await import("../main.ts");
  const dataDir = dataDirOf(options);
  const stored = await readReceipt(dataDir, what);
  if (!stored && /^[0-9a-f]{4,16}$/.test(what) && !existsSync(what))
    throw new UserError(`There is no receipt ${what}`, { next: "lodestar receipts list" });
  const file = stored?.path ?? what;
  const check = await verifyReceipt(file, { dataDir, ...(options.key === undefined ? {} : { key: options.key }) });
  if (!check.intact || !check.statement)
    throw new UserError(`${what} is not exported. ${check.because}`, { next: `lodestar receipts verify ${file}` });
  const { id, signer, because } = check;
  return { id, signer, because, receipt: check.statement.predicate };
}

async function write(file: string, text: string): Promise<string> {
  try {
    await writeFile(file, text);
    return file;
  } catch (error) {
    throw new UserError(`${file} could not be written: ${messageOf(error)}`, {
      next: "choose another --output, or leave it out to print",
    });
  }
}
