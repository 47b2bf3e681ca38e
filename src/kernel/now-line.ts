import type { NowLine, WhyIdle } from "../sdk/index.ts";
import type { ApprovalState, RepoState, RunState, ServiceState } from "./views.ts";

/** What only the living daemon knows: whether a worker holds the run, and which services have a live process. */
export interface Live {
  /** ISO 8601, UTC. */
  readonly now: string;
  /** Ids of the runs that a worker of this daemon executes. */
  readonly activeRuns: ReadonlySet<string>;
  /** Names of services whose process is alive. */
  readonly alive: ReadonlySet<string>;
}

/** The sentence when no repo is looked after. */
export function noRepo(now: string): NowLine {
  return idle(
    { cause: "no_repo" },
    "No repository is looked after yet.",
    "Nothing was started.",
    now,
    "lodestar up <path>",
  );
}

/**
 * The now-line of one repo. The order is the order of what a person must know first: what waits for them, what they
 * stopped, what runs, what failed, what is idle.
 */
export function nowLine(repo: RepoState, live: Live): NowLine {
  if (repo.paused) return paused(repo, repo.paused);
  const approval = [...repo.approvals.values()].find((one) => one.answer === undefined && one.waiting);
  if (approval) return waitingApproval(approval);
  const run = repo.run;
  if (run && !run.ended && repo.desired === "up") return running(repo, run, live);
  const proof = [...repo.proofs.values()].at(-1);
  if (proof) return running(repo, proof, live);
  if (repo.desired === "stopped") return stopped(repo);
  const down = [...repo.services.values()].find((service) => !isUp(service, live));
  const end = run?.ended;
  if (end?.state === "needs-you" || end?.state === "cannot") return ended(repo, end);
  if (down) return serviceDown(repo, down);
  return healthy(repo);
}

/** The chain of reasons behind the now-line, the nearest first; each line is one fact of the log. */
export function reasons(repo: RepoState, line: NowLine): string[] {
  const run = repo.run;
  return [
    `${line.sentence} ${line.why}`,
    ...(run
      ? [
          `Run ${run.id} (${run.workflow}) began ${run.startedAt}${run.ended ? ` and ended ${run.ended.state} ${run.ended.at}` : `, phase ${run.phase} since ${run.phaseSince}`}.`,
        ]
      : []),
    ...[...repo.services.values()].map(
      (service) => `Service ${service.name} is ${service.state} since ${service.since}: ${service.detail}.`,
    ),
    ...[...repo.databases.values()].map(
      (database) => `Database ${database.name} is ${database.ok ? "ready" : "not ready"}: ${database.detail}.`,
    ),
    ...repo.fixes.map((fix) => `Fix ${fix.fixer} ${fix.worked === true ? "helped" : "did not help"}: ${fix.title}.`),
    ...(repo.report?.questions ?? []).map((question) => `Question: ${question.question} Next: ${question.next}`),
    `Next: ${line.next}`,
  ];
}

function paused(repo: RepoState, pause: { by: string; when: string }): NowLine {
  return {
    state: "paused",
    sentence: `Paused: nothing new is started for ${repo.name}.`,
    why: `${pause.by} paused it.`,
    since: pause.when,
    next: "lodestar resume",
    action: "resume",
    idle: { cause: "paused", by: pause.by, when: pause.when },
  };
}

function waitingApproval(approval: ApprovalState): NowLine {
  return {
    state: "needs-you",
    sentence: `Waiting for your answer: ${approval.question}`,
    why: approval.risk,
    since: approval.at,
    next: `lodestar approve ${approval.approval}`,
    action: "approve",
    idle: { cause: "waiting_approval", what: approval.what, approval: approval.approval, next: approval.next },
  };
}

function running(repo: RepoState, run: RunState, live: Live): NowLine {
  const usual = median(repo.history.get(run.phase) ?? []);
  const line = { since: run.phaseSince, ...(usual === undefined ? {} : { usuallySeconds: usual }), action: "stop" };
  if (live.activeRuns.has(run.id))
    return {
      ...line,
      state: "working",
      sentence: run.sentence,
      why: `lodestar ${run.workflow} began it for ${repo.name}.`,
      next: "It ends by itself; Ctrl-C or `lodestar stop` ends it now.",
    };
  return {
    ...line,
    state: "waiting",
    sentence: `About to go on with ${repo.name}: ${run.sentence}`,
    why: "The run was interrupted; the daemon picks it up again.",
    next: "It goes on by itself within 5 s.",
    idle: { cause: "starting", step: run.phase },
  };
}

function stopped(repo: RepoState): NowLine {
  return idle(
    { cause: "nothing_new" },
    `${repo.name} is stopped.`,
    "It was stopped, and nothing is asked for.",
    repo.lastEventAt,
    `lodestar up ${repo.path}`.trimEnd(),
  );
}

function ended(repo: RepoState, end: { state: string; at: string }): NowLine {
  const approved = [...repo.approvals.values()].find(
    (one) => one.answer === "approve" && (one.answeredAt ?? "") > end.at,
  );
  if (approved)
    return idle(
      { cause: "nothing_new" },
      `${repo.name} can go on: you approved "${approved.question}"`,
      `The last run ended ${end.state} before the answer.`,
      approved.answeredAt ?? end.at,
      `lodestar up ${repo.path}`,
    );
  const question = repo.report?.questions[0];
  const needsYou = end.state === "needs-you";
  const detail =
    question?.question ?? repo.failure ?? repo.report?.notChecked[0] ?? "the last run ended without a result";
  const next = question?.next ?? "lodestar why";
  return {
    state: needsYou ? "needs-you" : "failed",
    sentence: needsYou ? `${repo.name} needs you: ${detail}` : `${repo.name} could not be brought up: ${detail}`,
    why: `The last run ended ${end.state}.`,
    since: end.at,
    next,
    idle: { cause: "failed_needs_you", detail, next },
  };
}

function serviceDown(repo: RepoState, service: ServiceState): NowLine {
  const retry = service.nextAttemptAt;
  return {
    state: retry ? "waiting" : "failed",
    sentence: `${service.name} of ${repo.name} is down: ${service.detail}.`,
    why: retry ? `Attempt ${service.attempt + 1} comes at ${retry}.` : "It did not come back by itself.",
    since: service.since,
    next: retry ? "It is started again by itself." : `lodestar logs ${service.name}`,
    idle: { cause: "dependency_down", service: service.name, detail: service.detail },
  };
}

function healthy(repo: RepoState): NowLine {
  const count = repo.services.size;
  const what =
    count === 0 ? "has no services to run" : `runs: ${count} ${count === 1 ? "service" : "services"} healthy`;
  const receipt = repo.receipts.findLast((one) => one.kind === "baseline");
  return idle(
    { cause: "nothing_new" },
    `${repo.name} ${what}; nothing new to do.`,
    receipt ? receipt.sentence : "Its baseline was not measured.",
    repo.run?.ended?.at ?? repo.lastEventAt,
    count === 0 ? "lodestar receipts" : "lodestar services",
  );
}

function idle(cause: WhyIdle, sentence: string, why: string, since: string, next: string): NowLine {
  return { state: "idle", sentence, why, since, next, idle: cause };
}

function isUp(service: ServiceState, live: Live): boolean {
  return service.state === "healthy" && live.alive.has(service.name);
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
