import {
  messageOf,
  UserError,
  type AgentPlugin,
  type AgentReply,
  type EventDraft,
  type HookAnswer,
  type HookEvent,
  type Repo,
  type SessionStep,
} from "../sdk/index.ts";
import { guardCall } from "./agent-guard.ts";
import { shortened, stepOf } from "./agent-steps.ts";
import type { AgentState } from "./agents-view.ts";
import { repoAt } from "./find-repo.ts";
import { isJudged, RESET, watchSession, type SessionWatch } from "./agent-watch.ts";
import type { Alarm } from "./guardrails.ts";
import type { Machine } from "./machine.ts";
import type { Struggles } from "./struggles.ts";
import type { RepoState } from "./views.ts";

/** What proves a claim when an agent stops; `main.ts` gives it. */
export type OnStop = (event: HookEvent, repo: Repo) => Promise<HookAnswer>;

export interface AgentDoor {
  /**
   * What an agent's hook is answered; undefined when the payload is none of this agent's. `reaches` says of which repos the
   * caller may speak. Never throws: what goes wrong in here lets the agent go on, and `failed` is told.
   */
  answer(plugin: AgentPlugin, payload: unknown, reaches: (repo: string) => boolean): Promise<AgentReply | undefined>;
  /** A person lets a session go on that a guardrail paused. A session that nobody knows is a UserError. */
  resume(session: string, by: string): Promise<void>;
  /** A person lets the next refuted stop of a session pass. A session that nobody knows is a UserError. */
  allow(session: string, by: string): Promise<void>;
}

export interface DoorOptions {
  readonly machine: Machine;
  readonly dataDir: string;
  readonly home: string;
  readonly onStop: OnStop;
  readonly struggles: Struggles;
  /** Told what went wrong while the agent went on. */
  readonly failed: (message: string) => void;
}

interface Session {
  readonly watch: Promise<SessionWatch>;
  /** Answers to what came lately, by what names it: hooks that are installed twice tell everything twice. */
  readonly answered: Map<string, { readonly at: number; readonly answer: Promise<HookAnswer> }>;
}

/** Sessions whose watch is kept in memory; any other is read from the log again. */
const SESSIONS = 50;
const ANSWERED = 50;
/** Milliseconds within which the same event without an id of its own is the same one told twice. */
const TWICE = 1_000;
const PAGE = 1_000;

/** The door at which agents' hooks knock: it records what they do, and refuses what must not happen. */
export function openAgentDoor(options: DoorOptions): AgentDoor {
  const { machine } = options;
  const sessions = new Map<string, Session>();

  function sessionOf(event: HookEvent, repo: RepoState): Session {
    const name = nameOf(repo, event);
    const known = sessions.get(name) ?? { watch: watchOf(event.session, repo, options), answered: new Map() };
    sessions.delete(name);
    if (event.event !== "session-end") sessions.set(name, known);
    for (const old of [...sessions.keys()].slice(0, -SESSIONS)) sessions.delete(old);
    return known;
  }

  function answerOnce(plugin: AgentPlugin, event: HookEvent, repo: RepoState): Promise<HookAnswer> {
    const session = sessionOf(event, repo);
    const at = machine.hands.clock.now();
    const name = tellingOf(event);
    const known = session.answered.get(name);
    if (known && (event.toolUseId !== undefined || at - known.at < TWICE)) return known.answer;
    const answer = decide({ plugin, event, repo, session, options, at });
    session.answered.set(name, { at, answer });
    for (const old of [...session.answered.keys()].slice(0, -ANSWERED)) session.answered.delete(old);
    return answer;
  }

  return {
    async answer(plugin, payload, reaches) {
      const nothing = { status: 200, body: {} };
      let place = "";
      try {
        const event = plugin.hook(payload);
        if (event === undefined) return undefined;
        if (event.event === "unknown") return nothing;
        const repo = repoAt(machine.views, event.cwd);
        if (repo === undefined || !reaches(repo.repo)) return nothing;
        place = repo.repo;
        return plugin.reply(event, await answerOnce(plugin, event, repo));
      } catch (error) {
        const detail = `A hook of ${plugin.name} was let through: ${messageOf(error)}`;
        options.failed(detail);
        const data = { guardrail: "hooks", action: "let-through", detail };
        await machine.append({ type: "guardrails", source: plugin.name, repo: place, data }).catch(() => undefined);
        return nothing;
      }
    },
    async resume(session, by) {
      const { repo, known } = await knownSession(machine, session);
      const held = sessions.get(nameOf(repo, known))?.watch ?? watchOf(session, repo, options);
      // A person lets it go on, also where nobody can say what was wrong.
      const wrong = (await held.catch(() => undefined))?.take("pause") ?? [];
      const data = { guardrail: "session", fingerprint: session, action: RESET, detail: by };
      await machine.append({ type: "guardrails", source: "api", repo: repo.repo, data });
      // The next event reads it from the log.
      sessions.delete(nameOf(repo, known));
      await judge({ rules: wrong, outcome: "wrong" }, repo, options);
    },
    async allow(session, by) {
      const { repo } = await knownSession(machine, session);
      await machine.append({ type: "agent.allowed", source: "api", repo: repo.repo, data: { session, by } });
    },
  };
}

async function knownSession(machine: Machine, session: string): Promise<{ repo: RepoState; known: AgentState }> {
  await machine.catchUp();
  const repo = [...machine.views.repos.values()].find((one) => one.agents.has(session));
  const known = repo?.agents.get(session);
  if (repo && known) return { repo, known };
  throw new UserError(`There is no session ${session} of a coding agent`, { next: "lodestar agents list" });
}

function nameOf(repo: RepoState, { agent, session }: { agent: string; session: string }): string {
  return `${repo.repo}/${agent}/${session}`;
}

/** What names an event among those of its session. */
function tellingOf({ event, toolUseId, turn, message, prompt }: HookEvent): string {
  return [event, toolUseId ?? `${turn ?? ""} ${message ?? prompt ?? ""}`].join(" ");
}

async function watchOf(session: string, repo: RepoState, { machine, struggles }: DoorOptions): Promise<SessionWatch> {
  return watchSession(machine, session, { repo, rules: await struggles.rules() });
}

interface Decision {
  readonly plugin: AgentPlugin;
  readonly event: HookEvent;
  readonly repo: RepoState;
  readonly session: Session;
  readonly options: DoorOptions;
  readonly at: number;
}

/** Records one event, and says what the agent is answered. What is answered is in the log before. */
async function decide({ plugin, event, repo, session, options, at }: Decision): Promise<HookAnswer> {
  const { machine, onStop } = options;
  const { secrets } = machine.hands;
  const watch = await session.watch;
  const rules = await options.struggles.rules();
  const step = stepOf(event, { at, redact: (text) => secrets.redact(text) });
  const alarms = step === undefined ? [] : watch.observe(step, rules);
  const drafts = [...sessionDrafts(plugin, event, repo), ...stepDrafts(step, alarms, repo)];
  const guarded = await guardCall(event, { repo, ...options });
  if (guarded.denied) drafts.push({ type: "agent.denied", source: event.agent, repo: repo.repo, data: guarded.denied });
  const stopped = step?.kind === "tool" ? stopOf(alarms) : undefined;
  if (stopped && !guarded.answer.deny) drafts.push(deniedByGuardrail(event, stopped, repo));
  if (drafts.length > 0) await machine.append(...drafts);
  const answer = { ...guarded.answer, ...guardrailAnswer(event, alarms, guarded.answer) };
  if (event.event !== "stop") return answer;
  const before = machine.views.seq;
  const claimed = await onStop(event, await machine.hands.repo(repo.path));
  const query = { after: before, limit: PAGE, repo: repo.repo, types: ["agent.stop"] } as const;
  for (const { type, data } of await machine.log.read(query)) {
    if (type !== "agent.stop" || data.session !== event.session || !isJudged(data.verdict)) continue;
    const judged = watch.take("note");
    if (data.verdict === "refuted") await judge({ rules: judged, outcome: "right" }, repo, options);
  }
  return { ...answer, ...claimed };
}

/** Counts what became of alarms. A rule that was wrong too often is turned down, and the log says so. */
async function judge(
  { rules, outcome }: { readonly rules: readonly string[]; readonly outcome: "right" | "wrong" },
  repo: RepoState,
  { machine, struggles, failed }: DoorOptions,
): Promise<void> {
  for (const rule of rules) {
    try {
      const detail = await struggles.judge({ rule, outcome });
      if (detail === undefined) continue;
      const data = { guardrail: rule, action: "turned-down", detail };
      await machine.append({ type: "guardrails", source: "struggles", repo: repo.repo, data });
    } catch (error) {
      failed(`What became of an alarm of ${rule} was not counted: ${messageOf(error)}`);
    }
  }
}

/** Puts a session on record when it is heard of first, begins again, changes its folder or ends. */
function sessionDrafts(plugin: AgentPlugin, event: HookEvent, repo: RepoState): EventDraft[] {
  const known = repo.agents.get(event.session);
  const state = event.event === "session-end" ? "ended" : "started";
  if (known?.state === state && known.cwd === event.cwd && (event.model ?? known.model) === known.model) return [];
  const { session, agent, cwd, model } = event;
  const covers = plugin.covers.filter((cover) => cover === "hooks");
  const data = { session, agent, cwd, state, by: "hook", covers, ...(model === undefined ? {} : { model }) } as const;
  return [{ type: "agent.session", source: agent, repo: repo.repo, data }];
}

function stepDrafts(step: SessionStep | undefined, alarms: readonly Alarm[], repo: RepoState): EventDraft[] {
  if (step === undefined) return [];
  const base = { source: step.agent, repo: repo.repo };
  return [
    { ...base, type: "agent.step", data: shortened(step) },
    ...alarms.map(({ rule, fingerprint, action, because }): EventDraft => ({
      ...base,
      type: "guardrails",
      data: { guardrail: rule, fingerprint, action, detail: `${step.agent} ${step.session}: ${because}` },
    })),
  ];
}

function deniedByGuardrail(event: HookEvent, { rule, because }: Alarm, repo: RepoState): EventDraft {
  const { session, agent, tool = "" } = event;
  const data = { session, agent, tool, rule, because, decision: "deny" } as const;
  return { type: "agent.denied", source: agent, repo: repo.repo, data };
}

/** The strongest alarm comes first. */
function stopOf(alarms: readonly Alarm[]): Alarm | undefined {
  return alarms.find(({ action }) => action === "block" || action === "pause");
}

/** A warning is told to the model; a stop refuses the step, and a pause ends the turn with it. A danger goes before. */
function guardrailAnswer(event: HookEvent, alarms: readonly Alarm[], guarded: HookAnswer): HookAnswer {
  const stop = stopOf(alarms);
  if (stop) {
    const sentence = `Lodestar: you are not getting on: ${stop.because}. Do something else, or ask the person.`;
    if (stop.action === "pause") {
      const paused = `Lodestar paused this session: ${stop.because}. A person lets it go on: lodestar agents resume ${event.session}`;
      return { deny: guarded.deny ?? paused, stop: paused };
    }
    // A claim at a stop is for the proof to judge.
    if (event.event === "stop" || event.event === "subagent-stop") return {};
    return { deny: guarded.deny ?? sentence };
  }
  const warned = alarms.find(({ action }) => action === "warn");
  if (!warned || guarded.deny !== undefined || guarded.ask !== undefined) return {};
  return {
    context: `Lodestar: you may be going in circles: ${warned.because}. Look at what you have before you go on.`,
  };
}
