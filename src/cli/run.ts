import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { isOutsideError, isUserError, messageOf } from "../sdk/errors.ts";
import { printError, version } from "./_terminal.ts";

/** What a command file exports: `configure` adds its arguments, options and action. The folder is the list of commands. */
interface CommandFile {
  readonly summary: string;
  configure(command: Command): void;
}

const HERE = new URL("./", import.meta.url);
/** Started by other commands, not typed by people. */
const HIDDEN = new Set(["daemon", "hook"]);

/** The `lodestar` program: runs one command and gives the exit status (DESIGN.md 7). */
export async function run(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === "help" || name === "--help" || name === "-h") return await help(rest[0]);
    if (name === "--version" || name === "-V" || name === "version") {
      console.log(version());
      return 0;
    }
    if (!commands().includes(name)) {
      const near = commands().find((one) => one.startsWith(name.slice(0, 2)) && !HIDDEN.has(one));
      printError({ message: `There is no command ${name}`, next: near ? `lodestar ${near}` : "lodestar --help", json });
      return 2;
    }
    await (await load(name)).parseAsync(rest, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return failed(error, json);
  }
}

function failed(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    printError({ message: error.message.replace(/^error: /, ""), next: "lodestar --help", json });
    return 2;
  }
  if (isUserError(error)) {
    printError({ message: error.message, next: error.next, tried: error.tried, json });
    return 2;
  }
  if (isOutsideError(error)) {
    printError({ message: error.message, next: "lodestar doctor", json });
    return 4;
  }
  printError({
    message: `This is a bug in Lodestar: ${messageOf(error)}`,
    next: "lodestar doctor, and please report it with this text",
    json,
  });
  if (process.env["LODESTAR_DEBUG"] && error instanceof Error) console.error(error.stack);
  return 3;
}

function commands(): string[] {
  return readdirSync(fileURLToPath(HERE))
    .filter((file) => /^[a-z][a-z-]*\.[jt]s$/.test(file) && !file.startsWith("run."))
    .map((file) => file.slice(0, -3));
}

async function load(name: string): Promise<Command> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file: CommandFile = await import(new URL(`${name}.${extension}`, HERE).href);
  const command = new Command(`lodestar ${name}`)
    .description(file.summary)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  file.configure(command);
  for (const sub of command.commands) sub.exitOverride().configureOutput({ outputError: () => undefined });
  return command;
}

async function help(name: string | undefined): Promise<number> {
  if (name !== undefined && commands().includes(name)) {
    console.log((await load(name)).helpInformation());
    return 0;
  }
  const visible = commands().filter((one) => !HIDDEN.has(one));
  const loaded = await Promise.all(visible.map(load));
  const width = Math.max(...visible.map((one) => one.length));
  console.log(`lodestar ${version()}: run it, prove it, improve it\n\nUsage: lodestar <command> [options]\n`);
  for (const [index, one] of visible.entries())
    console.log(`  ${one.padEnd(width)}  ${loaded[index]?.description() ?? ""}`);
  console.log(`\nEvery command takes --json. First: lodestar up <path of a git repository>`);
  return 0;
}
