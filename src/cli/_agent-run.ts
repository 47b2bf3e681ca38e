import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import colors from "picocolors";
import type { Client } from "../client/client.ts";
import { claimOf, evidenceOf, stopOf } from "../sdk/index.ts";
import type { AgentEvent, AgentPermission, AgentPlugin, Proof } from "../sdk/index.ts";
import { runProgram, type Turn } from "./_agent-program.ts";
import { endDaemon, ensureDaemon } from "./_daemon.ts";
import { printProof } from "./_proof-view.ts";
import { printJson } from "./_terminal.ts";
import { Begun, followProof, STATUS } from "./prove.ts";

interface Ready {
  readonly plugin: AgentPlugin;
  readonly root: string;
  /** HEAD before the agent began: what it did is compared with it. */
  readonly commit: string | undefined;
}

interface RunOptions {
  readonly prompt: string;
  readonly tries: number;
  readonly permission: AgentPermission;
  readonly trust?: boolean;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** After `halt` nothing more is begun. */
interface LoopOptions extends RunOptions {
  readonly halt: AbortSignal;
}

interface Round {
  readonly said: string;
  readonly error: string | null;
  readonly verdict: Proof["verdict"];
  readonly sentence: string;
  readonly receipt: string | null;
}

/** Characters of a tool's input that are shown. */
const SHOWN = 100;
/** What a person stopped proved nothing. */
const STOPPED = 4;

/**
 * Runs an agent, proves what it says when it ends, and resumes the same conversation with the evidence while that is refuted, at
 * most `tries` times. Gives the exit status of `prove`. Whatever the agent says of itself, the proof decides.
 */
export async function runAgent(ready: Ready, options: RunOptions): Promise<number> {
  const own = { started: false };
  const daemon = async () => {
    const { client, started } = await ensureDaemon(options);
    own.started ||= started;
    return client;
  };
  const halt = new AbortController();
  const stop = () => halt.abort();
  // Also between an agent and a proof, which end by a signal themselves; the second one ends this program.
  process.once("SIGINT", stop);
  try {
    return await outerLoop(ready, { ...options, halt: halt.signal }, daemon);
  } finally {
    process.off("SIGINT", stop);
    if (own.started) await endDaemon(await daemon(), "lodestar agents run", true);
  }
}

async function outerLoop(ready: Ready, options: LoopOptions, daemon: () => Promise<Client>): Promise<number> {
  const { plugin, root } = ready;
  const { prompt, tries, permission, halt } = options;
  const task = { prompt, cwd: root, env: environment(), permission };
  const rounds: Round[] = [];
  const session = recorder(ready, daemon);
  const see = createView(options.json === true);
  let launch = plugin.launch(task);
  try {
    for (let returns = 0; ; returns++) {
      const turn = await runProgram(plugin, launch, (event) => {
        see(event);
        if (event.is === "started") session.begin(event);
      });
      if (turn.stopped || halt.aborted) return stoppedAt(options);
      tellEnd(plugin, turn, options);
      const proof = await prove(await daemon(), { ready, options, turn });
      if (!proof) return stoppedAt(options, true);
      rounds.push(roundOf(turn, proof));
      const id = turn.session ?? session.id();
      const refuted = proof.verdict === "refuted";
      const again = refuted && returns < tries && id !== undefined && !halt.aborted;
      const stop = stopOf(proof, {
        session: id ?? `run ${randomUUID()}`,
        agent: plugin.name,
        completed: turn.error === undefined,
        escalationPath: again ? "auto_retry" : refuted ? "pause_and_notify" : null,
        returns: again ? returns + 1 : returns,
      });
      await (await daemon()).post("agents/stops", stop, { path: root });
      if (!options.json) printProof(proof);
      if (!again) return ended(proof, { ready, options, rounds, session: id });
      if (!options.json) console.log(`\n↩ Sent back with the evidence (${returns + 1} of ${tries}).\n`);
      if (halt.aborted) return stoppedAt(options);
      launch = plugin.resume({ ...task, session: id, prompt: evidenceOf(proof) });
    }
  } finally {
    await session.end();
  }
}

/** The claim is the agent's last message. One that said nothing claims nothing but what it was asked for. */
async function prove(
  client: Client,
  { ready, options, turn }: { ready: Ready; options: LoopOptions; turn: Turn },
): Promise<Proof | undefined> {
  const answer = await client.post("prove", {
    path: ready.root,
    claim: claimOf(turn.said, options.prompt),
    ...(ready.commit === undefined ? {} : { base: ready.commit }),
    trust: options.trust === true,
    by: userInfo().username,
  });
  return followProof(client, Begun.parse(answer), options);
}

/** Puts the session on record; what cannot be recorded stops no agent. */
function recorder({ plugin, root }: Ready, daemon: () => Promise<Client>) {
  let known: { readonly session: string; readonly model?: string | undefined } | undefined;
  let told: Promise<unknown> = Promise.resolve();
  const tell = (state: "started" | "ended") => {
    if (!known) return;
    const { session, model } = known;
    const about = { session, agent: plugin.name, cwd: root, ...(model === undefined ? {} : { model }) };
    const data = { ...about, state, by: "run", covers: ["verdict"] };
    told = told.then(async () => (await daemon()).post("agents/sessions", data, { path: root })).catch(() => undefined);
  };
  return {
    id: () => known?.session,
    begin(event: { readonly session: string; readonly model?: string | undefined }) {
      const isNew = event.session !== known?.session;
      known = event;
      if (isNew) tell("started");
    },
    async end() {
      tell("ended");
      await told;
    },
  };
}

function roundOf({ said, error }: Turn, proof: Proof): Round {
  const { verdict, sentence, receipt } = proof;
  return { said, error: error ?? null, verdict, sentence, receipt };
}

function ended(
  proof: Proof,
  how: { ready: Ready; options: RunOptions; rounds: readonly Round[]; session: string | undefined },
): number {
  const { ready, options, rounds, session } = how;
  const { verdict } = proof;
  if (options.json) printJson({ agent: ready.plugin.name, session: session ?? null, verdict, rounds, proof });
  else if (verdict === "refuted") {
    const times = rounds.length - 1;
    console.log(`\n◆ ${ready.plugin.title} was sent back ${times} time${times === 1 ? "" : "s"}, and it needs you.`);
    console.log("  next: mend it, then lodestar prove");
  }
  return STATUS[verdict];
}

/** `told`: the proof that was stopped said so. */
function stoppedAt(options: RunOptions, told = false): number {
  if (options.json) printJson({ stopped: true });
  else if (!told) console.log("It was stopped; nothing was proved. Next: lodestar prove");
  return STOPPED;
}

function tellEnd({ title }: AgentPlugin, { error }: Turn, options: RunOptions): void {
  if (options.json) return;
  if (error !== undefined) console.log(colors.yellow(`${title} did not end well: ${error}`));
  console.log(colors.dim(`${title} has ended; what it did is proved now.`));
}

/** Texts whole, tools in one line; the same text of one message once. */
function createView(json: boolean): (event: AgentEvent) => void {
  const told = new Set<string>();
  return (event) => {
    if (json) return;
    if (event.is === "text") {
      const name = JSON.stringify([event.message, event.text]);
      if (event.message === undefined || !told.has(name)) console.log(event.text);
      told.add(name);
    }
    if (event.is === "tool") console.log(colors.dim(`· ${event.tool}  ${titleOf(event.input)}`));
    if (event.is === "tool-done" && !event.ok) console.log(colors.dim("  it failed"));
    if (event.is === "warning") console.log(colors.dim(`! ${event.text}`));
  };
}

/** The command or the file of a call, else its input as JSON. */
function titleOf(input: unknown): string {
  const fields = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const named = fields.find(([name]) => /^(command|file_path|filePath|path|pattern)$/.test(name))?.[1];
  const text = typeof named === "string" ? named : (JSON.stringify(input) ?? "");
  const line = text.replace(/\s+/g, " ");
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
