import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import type { Command } from "commander";
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { isOutsideError, messageOf, OutsideError, UserError } from "../sdk/errors.ts";
import type { Report } from "../sdk/index.ts";
import { endDaemon, ensureDaemon } from "./_daemon.ts";
import { pathArgument, printJson } from "./_terminal.ts";
import { createUpView, printReport } from "./_up-view.ts";
import { answerOnTerminal, watchKeys } from "./_keys.ts";

export const summary = "take a repository to a healthy, measured baseline and keep it running";

interface Options {
  once?: boolean;
  start: boolean;
  install: boolean;
  trust?: boolean;
  unsandboxed?: boolean;
  port?: string;
  patience?: string;
  dataDir?: string;
  open: boolean;
  json?: boolean;
}

const Begun = z.object({ repo: z.string(), run: z.string(), after: z.number(), epoch: z.string() });
const STATUS: Record<Report["state"], number> = { healthy: 0, "healthy-with-limits": 0, "needs-you": 4, cannot: 4 };

export function configure(command: Command): void {
  command
    .argument("[path]", "a git repository", ".")
    .option("--once", "stop after the baseline, and stop what was started")
    .option("--no-start", "do not start services")
    .option("--no-install", "do not install dependencies")
    .option("--trust", "this repository is trusted: run it also where no sandbox works; on record")
    .option("--unsandboxed", "run without the sandbox")
    .option("--port <port>", "port of the first web service")
    .option("--patience <seconds>", "how long a service may take until it is healthy (default: 90)")
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--no-open", "do not open a browser")
    .option("--json", "one JSON object at the end")
    .action(async (path: string, options: Options) => {
      process.exitCode = await up(pathArgument(path), options);
    });
}

async function up(path: string, options: Options): Promise<number> {
  const port = options.port === undefined ? {} : { port: portOf(options.port) };
  const patience = options.patience === undefined ? {} : { patience: secondsOf(options.patience) };
  const { client, started } = await ensureDaemon(options);
  const interactive = process.stdin.isTTY && process.stdout.isTTY && !options.json;
  const left = { keep: false };
  try {
    const flags = {
      start: options.start,
      install: options.install,
      trust: options.trust === true,
      unsandboxed: options.unsandboxed === true,
    };
    const by = userInfo().username;
    const body = { path, ...flags, ...port, ...patience, interactive, by };
    const begun = await begin(client, options, body);
    left.keep = !options.once;
    return await followRun(client, begun, { options, interactive });
  } finally {
    // A daemon that was started for this alone, or for a path that is no repository, does not stay.
    if (started && !left.keep) await endDaemon(client, "lodestar up", true);
  }
}

/** Asks for the run. A daemon that ends in this moment, since who started it needs it no more, is started anew. */
async function begin(client: Client, options: Options, body: unknown): Promise<Run> {
  let asked = client;
  for (let tries = 5; ; tries--) {
    try {
      return Begun.parse(await asked.post("up", body));
    } catch (error) {
      if (!isOutsideError(error) || tries === 1) throw error;
      asked = (await ensureDaemon(options)).client;
    }
  }
}

type Run = z.infer<typeof Begun>;
interface How {
  readonly options: Options;
  readonly interactive: boolean;
}

/**
 * Shows the run until it ends; on a terminal, what happens afterwards too. The first Ctrl-C stops the repo, `d` leaves it
 * running. A daemon that dies meanwhile is started again: it goes on where it was.
 */
async function followRun(client: Client, begun: Run, how: How): Promise<number> {
  const { options, interactive } = how;
  const view = createUpView({ live: interactive });
  const ended = new AbortController();
  const left: { why?: "stopped" | "detached" } = {};
  const keys = watchKeys({
    interactive,
    stop: () => {
      left.why = "stopped";
      view.rest();
      if (!options.json) console.log("Stopping this repository's run; what it started is ended too.");
      void client
        .post("stop", { by: userInfo().username }, { repo: begun.repo })
        .catch((error: unknown) => console.error(messageOf(error)))
        .finally(() => ended.abort());
    },
    detach: () => {
      left.why = "detached";
      ended.abort();
    },
  });
  const from = { after: begun.after, epoch: begun.epoch, repo: begun.repo };
  const end: { status?: number; receipt?: string } = {};
  try {
    const revive = async () => void (await ensureDaemon(options));
    for await (const event of client.follow({ ...from, signal: ended.signal, revive })) {
      if (event === "reset" || event.metadata.runId !== begun.run) continue;
      if (!options.json) view.show(event);
      if (event.type === "approval.asked") await answerOnTerminal(client, event.data, interactive);
      if (event.type === "receipt.issued") end.receipt = event.data.sentence;
      if (event.type !== "run.ended") continue;
      if (event.data.state === "stopped") {
        if (left.why === undefined && !options.json) console.log("It was stopped. Next: lodestar up");
        break;
      }
      end.status = await finish(client, begun, { ...how, report: event.data.report, receipt: end.receipt });
      if (options.once || !interactive) break;
    }
  } finally {
    view.rest();
    keys.close();
  }
  if (left.why === "detached") console.log("Left running. Next: lodestar status");
  return end.status ?? (left.why === "detached" ? 0 : 1);
}

/** Prints how the run ended; gives the exit status. */
async function finish(
  client: Client,
  begun: Run,
  end: How & { report: Report | undefined; receipt: string | undefined },
): Promise<number> {
  const { report, options, interactive } = end;
  if (options.once) await client.post("stop", { by: "up --once" }, { repo: begun.repo });
  if (!report) {
    const why = z.object({ reasons: z.array(z.string()) }).parse(await client.get("why", { repo: begun.repo }));
    throw new OutsideError(why.reasons[0] ?? "The run ended without a result", { retryable: true });
  }
  if (options.json) printJson(report);
  else {
    printReport(report, end.receipt ?? (await knownReceipt(client, report)));
    if (!options.once && report.services.some((one) => one.health.ok))
      console.log(
        interactive
          ? "  Running. Ctrl-C stops it, d leaves it running."
          : "  Running. lodestar status · lodestar logs <service> · lodestar stop",
      );
  }
  const url = report.services.find((one) => one.url !== null && one.health.ok)?.url;
  if (interactive && options.open && !options.once && url) openBrowser(url);
  return STATUS[report.state];
}

/** The sentence of a receipt that was issued by an earlier run and still holds. */
async function knownReceipt(client: Client, report: Report): Promise<string | undefined> {
  if (report.receipt === null) return undefined;
  const stored = z
    .object({ receipt: z.object({ sentence: z.string() }) })
    .safeParse(await client.get(`receipts/${report.receipt}`).catch(() => undefined));
  return stored.success ? stored.data.receipt.sentence : undefined;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UserError(`--port takes a number from 1 to 65535, not ${text}`, { next: "lodestar up --port 8080" });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new UserError(`--patience takes a number of seconds, not ${text}`, { next: "lodestar up --patience 90" });
}

function openBrowser(url: string): void {
  const program = { darwin: "open", win32: "explorer" }[process.platform as string] ?? "xdg-open";
  const child = spawn(program, [url], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}
