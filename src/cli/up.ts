import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import type { Command } from "commander";
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { OutsideError, UserError } from "../sdk/errors.ts";
import type { Report } from "../sdk/index.ts";
import { ensureDaemon } from "./_daemon.ts";
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
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--no-open", "do not open a browser")
    .option("--json", "one JSON object at the end")
    .action(async (path: string, options: Options) => {
      process.exitCode = await up(pathArgument(path), options);
    });
}

async function up(path: string, options: Options): Promise<number> {
  const port = options.port === undefined ? {} : { port: portOf(options.port) };
  const { client, started } = await ensureDaemon(options);
  const interactive = process.stdin.isTTY && process.stdout.isTTY && !options.json;
  try {
    const flags = {
      start: options.start,
      install: options.install,
      trust: options.trust === true,
      unsandboxed: options.unsandboxed === true,
    };
    const begun = Begun.parse(
      await client.post("up", { path, ...flags, ...port, interactive, by: userInfo().username }),
    );
    return await followRun(client, begun, { options, interactive });
  } finally {
    if (options.once && started) await client.post("shutdown", { by: "up --once" }).catch(() => undefined);
  }
}

/** Shows the run until it ends. The first Ctrl-C stops it; `d` leaves it running. */
async function followRun(
  client: Client,
  begun: z.infer<typeof Begun>,
  how: { options: Options; interactive: boolean },
): Promise<number> {
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
      void client.post("stop", { by: userInfo().username }, { repo: begun.repo }).finally(() => ended.abort());
    },
    detach: () => {
      left.why = "detached";
      ended.abort();
    },
  });
  const end: { report?: Report | undefined; over?: boolean; receipt?: string; url?: string } = {};
  try {
    for await (const event of client.follow({
      after: begun.after,
      epoch: begun.epoch,
      repo: begun.repo,
      signal: ended.signal,
    })) {
      if (event === "reset" || event.metadata.runId !== begun.run) continue;
      if (!options.json) view.show(event);
      if (event.type === "approval.asked") await answerOnTerminal(client, event.data, interactive);
      if (event.type === "receipt.issued") end.receipt = event.data.sentence;
      if (event.type !== "run.ended") continue;
      end.report = event.data.report;
      end.over = true;
      break;
    }
  } finally {
    view.rest();
    keys.close();
  }
  if (left.why === "detached") {
    console.log("Left running. Next: lodestar status");
    return 0;
  }
  if (left.why === "stopped" || !end.over) return 1;
  return finish(client, begun, { ...end, options, interactive });
}

async function finish(
  client: Client,
  begun: z.infer<typeof Begun>,
  end: { report?: Report | undefined; receipt?: string; options: Options; interactive: boolean },
): Promise<number> {
  const { report, options } = end;
  if (!report) {
    const why = z.object({ reasons: z.array(z.string()) }).parse(await client.get("why", { repo: begun.repo }));
    throw new OutsideError(`The run ended without a result: ${why.reasons[0] ?? ""}`, { retryable: true });
  }
  if (options.once) await client.post("stop", { by: "up --once" }, { repo: begun.repo });
  if (options.json) printJson(report);
  else {
    printReport(report, end.receipt ?? (await knownReceipt(client, report)));
    if (!options.once) console.log("  Running. lodestar status · lodestar logs <service> · lodestar stop");
  }
  const url = report.services.find((one) => one.url !== null && one.health.ok)?.url;
  if (end.interactive && options.open && !options.once && url) openBrowser(url);
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

function openBrowser(url: string): void {
  const program = { darwin: "open", win32: "explorer" }[process.platform as string] ?? "xdg-open";
  const child = spawn(program, [url], { detached: true, stdio: "ignore" });
  child.on("error", () => undefined);
  child.unref();
}
