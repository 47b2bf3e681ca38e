import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { UserError } from "../sdk/errors.ts";
import { dataDirOf } from "./_daemon.ts";
import { draftOf, type DraftOptions } from "./_struggles-draft.ts";
import { readSession } from "./_struggles-session.ts";
import { printCounters, printOffer, printRules } from "./_struggles-view.ts";
import { printError, printJson, printTable } from "./_terminal.ts";

export const summary =
  "rules against agents' loops: `struggles list`, `add`, `remove|enable|disable ID`, `test FILE`, `export [IDs] --output FILE`, `import FILE`";

interface Options extends DraftOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly counters?: boolean;
  readonly output?: string;
  readonly key?: string;
  readonly yes?: boolean;
}

const NEXT = { next: "lodestar struggles list" };

/** Needs no daemon: the rules are a file of the data dir, and a daemon that runs takes a change with its next hook. */
export function configure(command: Command): void {
  command
    .argument("[action]", "list, add, remove, enable, disable, test, export or import", "list")
    .argument("[what...]", "a rule's id (several for export), or a file")
    .option("--pattern <pattern>", "add: a struggle that Lodestar detects, for example repeated-call")
    .option("--match <key=value>", "add: tool=, input= or error= with a text to look for, `*` for any", collect)
    .option("--action <action>", "add: note, warn, block or pause (default: warn)")
    .option("--threshold <count>", "add: repeats at which the action is taken (default: 3)")
    .option("--agent <name>", "add: only for this agent; may be given more than once", collect)
    .option("--model <name>", "add: only for this model", collect)
    .option("--tool <name>", "add: only for this tool", collect)
    .option("--repo <name>", "add: only in the repository of this name; test: the one of the session", collect)
    .option("--counters", "list: alarms and stops per agent and model")
    .option("--output <file>", "export: where to write the signed pack")
    .option("--key <key>", "import: trust this signer: a public key's file, or its 64-digit key id")
    .option("--yes", "import without asking")
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--json", "machine-readable output")
    .action(async (action: string, what: string[], options: Options) => {
      if (action === "list") return list(options);
      if (action === "test") return test(one(what, "test FILE"), options);
      if (!["add", "remove", "enable", "disable", "export", "import"].includes(action))
        throw new UserError(`struggles has no action ${action}`, NEXT);
      await refuseAgents(options);
      if (action === "add") return add(what[0], options);
      if (action === "export") return exportPack(what, options);
      if (action === "import") return importPack(one(what, "import FILE"), options);
      return change(action, one(what, `${action} ID`), options);
    });
}

async function openDesk(options: Options) {
  const { struggleDesk } = await import("../main.ts");
  return struggleDesk({ dataDir: dataDirOf(options) });
}

/** An agent must not loosen what stops its loops. */
async function refuseAgents(options: Options): Promise<void> {
  const { agentDesk } = await import("../main.ts");
  await (await agentDesk({ dataDir: dataDirOf(options), cwd: process.cwd() })).refuseAgents();
}

async function list(options: Options): Promise<void> {
  const desk = await openDesk(options);
  if (options.counters === true) {
    const counts = await desk.counters();
    return options.json ? printJson(counts) : printCounters(counts);
  }
  const { rules, problem } = await desk.list();
  if (problem !== undefined) process.exitCode = 1;
  if (options.json) return printJson({ file: desk.path, problem: problem ?? null, rules });
  printRules(rules);
  if (problem !== undefined) printError({ message: problem, next: "mend the file, or move it away", json: false });
}

async function add(id: string | undefined, options: Options): Promise<void> {
  const draft = draftOf(options);
  const rule = await (await openDesk(options)).add(id === undefined ? draft : { ...draft, id });
  if (options.json) return printJson(rule);
  console.log(`The rule ${rule.id} holds from the next step of every session:`);
  printRules([rule]);
}

async function change(action: string, id: string, options: Options): Promise<void> {
  const desk = await openDesk(options);
  if (action === "remove") {
    const done = await desk.remove(id);
    if (options.json) return printJson({ [done]: id });
    return console.log(done === "removed" ? `The rule ${id} is gone.` : `The rule ${id} is as it was built in.`);
  }
  const rule = await desk.enable(id, action === "enable");
  if (options.json) return printJson(rule);
  console.log(`The rule ${id} is ${rule.enabled ? `on, and does ${rule.action}` : "off"}.`);
}

async function test(file: string, options: Options): Promise<void> {
  const steps = await readSession(file);
  const alarms = await (await openDesk(options)).test(steps, options.repo?.[0]);
  if (options.json) return printJson({ steps: steps.length, alarms });
  if (alarms.length === 0) return console.log(`No rule fires in ${steps.length} steps.`);
  printTable(alarms.map(({ step, action, rule, because }) => [`step ${step}`, action, rule, because]));
}

async function exportPack(ids: readonly string[], options: Options): Promise<void> {
  const { output } = options;
  if (output === undefined) throw new UserError("Where to?", { next: "lodestar struggles export --output FILE" });
  const desk = await openDesk(options);
  const pack = await desk.pack(ids);
  const keyid = await desk.write(output, pack.body);
  if (options.json) return printJson({ file: output, keyid, rules: pack.ids });
  console.log(`Wrote ${output} with ${pack.ids.join(", ")}, signed by ${keyid}.`);
  console.log(`  who gets it: lodestar struggles import ${output} --key ${keyid}`);
}

async function importPack(file: string, options: Options): Promise<void> {
  const desk = await openDesk(options);
  const pack = await desk.verify(file, options.key);
  const offer = await desk.offer(pack);
  if (!options.json) printOffer(offer, pack);
  if (offer.added.length > 0 && !(options.yes ?? false)) await agree(file, options);
  const { added, kept } = await desk.accept(pack);
  if (options.json) return printJson({ signer: pack.keyid, added, kept });
  console.log(added.length > 0 ? `Took ${added.length} in.` : "Nothing changes.");
}

async function agree(file: string, { key }: Options): Promise<void> {
  const next = `lodestar struggles import ${file}${key === undefined ? "" : ` --key ${key}`} --yes`;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UserError("Nobody can be asked here, so nothing was taken in", { next });
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const answer = (await reader.question("Type yes to take them in: ")).trim().toLowerCase();
  reader.close();
  if (answer !== "yes") throw new UserError("Nothing was taken in", { next });
}

function one(what: readonly string[], usage: string): string {
  const [only] = what;
  if (only !== undefined && what.length === 1) return only;
  throw new UserError(`It takes one: struggles ${usage}`, NEXT);
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
