import { userInfo } from "node:os";
import type { Command } from "commander";
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { OutsideError, UserError } from "../sdk/errors.ts";
import type { Proof } from "../sdk/index.ts";
import { endDaemon, ensureDaemon } from "./_daemon.ts";
import { printProof } from "./_proof-view.ts";
import { pathArgument, printJson } from "./_terminal.ts";
import { createUpView } from "./_up-view.ts";

export const summary = "check what is called done: run it in a copy its author cannot edit, and sign what happened";

interface Options {
  base?: string;
  claim?: string;
  checks?: string;
  budget?: string;
  trust?: boolean;
  unsandboxed?: boolean;
  dataDir?: string;
  json?: boolean;
}

export const Begun = z.object({ repo: z.string(), run: z.string(), after: z.number(), epoch: z.string() });
export const STATUS: Record<Proof["verdict"], number> = { verified: 0, refuted: 1, unprovable: 4 };

export function configure(command: Command): void {
  command
    .argument("[path]", "a git repository", ".")
    .option("--base <ref>", "compare with this commit (default: HEAD for a changed tree, else where the branch began)")
    .option("--claim <text>", "what is said to be true (default: the messages of the commits; `-` reads it from stdin)")
    .option("--checks <names>", "only these checks of the plan, separated by commas")
    .option("--budget <time>", "how long checks may take together: 90s, 5m, 1h")
    .option("--trust", "this repository is trusted: run it also where no sandbox works; on record")
    .option("--unsandboxed", "run without the sandbox")
    .option("--data-dir <dir>", "where Lodestar keeps its data (default: LODESTAR_HOME, else ~/.lodestar)")
    .option("--json", "one JSON object at the end")
    .action(async (path: string, options: Options) => {
      process.exitCode = await prove(pathArgument(path), options);
    });
}

async function prove(path: string, options: Options): Promise<number> {
  const { base, checks } = options;
  const claim = options.claim === "-" ? await readStdin() : options.claim;
  const asked = {
    path,
    ...(base === undefined ? {} : { base }),
    ...(claim === undefined ? {} : { claim }),
    ...(checks === undefined ? {} : { checks: checks.split(",").map((one) => one.trim()) }),
    ...(options.budget === undefined ? {} : { budget: secondsOf(options.budget) }),
    trust: options.trust === true,
    unsandboxed: options.unsandboxed === true,
    by: userInfo().username,
  };
  const { client, started } = await ensureDaemon(options);
  try {
    const begun = Begun.parse(await client.post("prove", asked));
    const proof = await followProof(client, begun, options);
    if (!proof) return 4;
    if (options.json) printJson(proof);
    else printProof(proof);
    return STATUS[proof.verdict];
  } finally {
    if (started) await endDaemon(client, "lodestar prove", true);
  }
}

/** Shows the run until it ends. Ctrl-C ends this proof and nothing else; `halt`: it came before. */
export async function followProof(
  client: Client,
  begun: z.infer<typeof Begun>,
  options: Pick<Options, "json" | "dataDir"> & { readonly halt?: AbortSignal },
): Promise<Proof | undefined> {
  const view = createUpView({ live: process.stdout.isTTY && !options.json });
  const ended = new AbortController();
  const stop = () => {
    view.rest();
    // It may have ended by itself.
    void client
      .post(`runs/${begun.run}/cancel`, {})
      .catch(() => undefined)
      .finally(() => ended.abort());
  };
  process.once("SIGINT", stop);
  if (options.halt?.aborted) stop();
  const failure: { user?: UserError; detail?: string } = {};
  const revive = async () => void (await ensureDaemon(options));
  try {
    const from = { after: begun.after, epoch: begun.epoch, repo: begun.repo, signal: ended.signal, revive };
    for await (const event of client.follow(from)) {
      if (event === "reset" || event.metadata.runId !== begun.run) continue;
      if (event.type === "stop_reason") {
        failure.detail = event.data.detail;
        if (event.data.next !== undefined) failure.user = new UserError(event.data.detail, { next: event.data.next });
      } else if (!options.json) view.show(event);
      if (event.type !== "run.ended") continue;
      if (event.data.proof) return event.data.proof;
      if (event.data.state === "stopped") break;
      throw failure.user ?? new OutsideError(failure.detail ?? "The proof ended without a result", { retryable: true });
    }
  } finally {
    view.rest();
    process.off("SIGINT", stop);
  }
  if (!options.json) console.log("It was stopped; nothing was proved. Next: lodestar prove");
  return undefined;
}

/** `90s`, `5m`, `1h`, or seconds. */
function secondsOf(text: string): number {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)\s*([smh])?$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * ({ s: 1, m: 60, h: 3600 }[unit] ?? NaN);
  if (seconds > 0) return seconds;
  throw new UserError(`--budget takes a time such as 90s, 5m or 1h, not ${text}`, {
    next: "lodestar prove --budget 5m",
  });
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
