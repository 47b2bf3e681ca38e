import type { Command } from "commander";
import { UserError } from "../sdk/errors.ts";
import { dataDirOf, withDaemonOptions } from "./_daemon.ts";
import type { ExportOptions } from "./_receipts-export.ts";
import { printJson, printTable } from "./_terminal.ts";

export const summary =
  "signed receipts: `receipts list`, `show ID`, `export ID|FILE [--format F]`, `verify FILE [--key KEY]`, `key`";

type Options = ExportOptions;

/** Actions that need to be told of what. */
const NEEDS = new Map([
  ["show", "an id"],
  ["export", "an id or a file"],
  ["verify", "a file"],
]);

/** Works without a daemon: receipts are files of the data dir, and verifying needs nothing but the file. */
export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[action]", "list, show, export, verify or key", "list")
    .argument("[what]", "id of a receipt, or a receipt's file")
    .option("--key <key>", "the signer's public key: a file, or the text that `receipts key` prints")
    .option("--format <format>", "of an export: markdown, sarif, junit, json (default: by --output, else markdown)")
    .option("--output <file>", "where to write an export; it is printed by default")
    .action(async (action: string, what: string | undefined, options: Options) => {
      if (action === "list") return list(options);
      if (action === "key") return key(options);
      if (action === "show" && what !== undefined) return show(what, options);
      if (action === "verify" && what !== undefined) return verify(what, options);
      if (action === "export" && what !== undefined)
        return (await import("./_receipts-export.ts")).exportReceipt(what, options);
      const needs = NEEDS.get(action);
      throw new UserError(
        needs === undefined ? `receipts has no action ${action}` : `receipts ${action} needs ${needs}`,
        { next: "lodestar receipts list" },
      );
    });
}

async function list(options: Options): Promise<void> {
  const { listReceipts } = await import("../main.ts");
  const all = await listReceipts(dataDirOf(options));
  if (options.json) return printJson(all.map(({ id, receipt }) => ({ id, ...receipt })));
  if (all.length === 0) console.log("No receipt yet. Get the first one: lodestar up <path>");
  printTable(
    all.map(({ id, receipt }) => [id, receipt.verdict, receipt.commit.slice(0, 7), receipt.issuedAt, receipt.sentence]),
  );
}

async function show(id: string, options: Options): Promise<void> {
  const { readReceipt } = await import("../main.ts");
  const found = await readReceipt(dataDirOf(options), id);
  if (!found) throw new UserError(`There is no receipt ${id}`, { next: "lodestar receipts list" });
  if (options.json) return printJson(found.envelope);
  const predicate = found.receipt;
  console.log(
    `${predicate.verdict}: ${predicate.sentence}\n  commit ${predicate.commit}  tree ${predicate.tree}  ${predicate.environment.sandbox}, network ${predicate.environment.network}`,
  );
  printTable(
    predicate.checks.map((check) => [
      check.verdict,
      check.name,
      check.cwd,
      `${check.seconds.toFixed(1)} s`,
      check.because,
    ]),
    "  ",
  );
  for (const line of predicate.notChecked) console.log(`  not checked: ${line}`);
}

async function verify(file: string, options: Options): Promise<void> {
  const { verifyReceipt } = await import("../main.ts");
  const checked = await verifyReceipt(file, {
    dataDir: dataDirOf(options),
    ...(options.key === undefined ? {} : { key: options.key }),
  });
  if (options.json) printJson(checked);
  else console.log(`${checked.intact ? "intact" : "NOT intact"}, signer ${checked.signer}: ${checked.because}`);
  process.exitCode = checked.intact && checked.signer === "known" ? 0 : 1;
}

async function key(options: Options): Promise<void> {
  const { readOwnKey } = await import("../main.ts");
  const found = await readOwnKey(dataDirOf(options));
  if (!found)
    throw new UserError("There is no key yet: it is made with the first receipt", { next: "lodestar up <path>" });
  const { keyid, pem } = found;
  if (options.json) printJson({ keyid, pem });
  else console.log(pem.trimEnd());
}
