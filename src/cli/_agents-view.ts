import { z } from "zod";
import { duration, printJson, printTable } from "./_terminal.ts";

/** What can cover a session, in the order in which it is shown; `AgentCover` of the SDK. */
const COVERS = ["hooks", "gateway", "acp", "mcp", "verdict"];

const Sessions = z.array(
  z.object({
    session: z.string(),
    agent: z.string(),
    model: z.string().optional(),
    cwd: z.string(),
    by: z.string(),
    covers: z.array(z.string()),
    startedAt: z.string(),
    lastAt: z.string(),
    steps: z.number(),
    denied: z.number(),
    repo: z.string(),
    name: z.string(),
  }),
);

interface Agent {
  readonly agent: string;
  readonly title: string;
  readonly installed: boolean;
  readonly version: string | null;
  readonly hooks: readonly { scope: string; file: string; state: string }[];
}

/** Programs, where their hooks stand, and sessions that run; `answer` is the daemon's, undefined without one. */
export function listAgents(agents: readonly Agent[], answer: unknown, json: boolean): void {
  const sessions = answer === undefined ? undefined : Sessions.parse(answer);
  const covered = agents.map((one) => ({ ...one, ...coverOf(coversOf(one)) }));
  const told = sessions?.map((one) => ({ ...one, ...coverOf(one.covers) }));
  if (json) return printJson({ agents: covered, sessions: told ?? null });
  printTable([
    ["AGENT", "VERSION", "HOOKS", "COVERED BY", "NOT BY"],
    ...covered.map((one) => [
      one.agent,
      one.installed ? (one.version ?? "?") : "not installed",
      hooksOf(one),
      one.covers.join(", ") || "nothing",
      one.notCovered.join(", "),
    ]),
  ]);
  if (told === undefined) return console.log("\nNo daemon runs, so no session is watched. Next: lodestar up <path>");
  if (told.length === 0) return console.log("\nNo session runs in a repository that is looked after.");
  console.log("");
  printTable([
    ["SESSION", "AGENT", "REPO", "SEEN BY", "SINCE", "STEPS", "REFUSED", "COVERED BY", "NOT BY"],
    ...told.map((one) => [
      one.session,
      one.agent,
      one.name,
      one.by,
      duration((Date.now() - Date.parse(one.startedAt)) / 1000),
      String(one.steps),
      String(one.denied),
      one.covers.join(", ") || "nothing",
      one.notCovered.join(", "),
    ]),
  ]);
}

/** Of the five, an installed agent has its hooks where they stand in its settings. */
function coversOf({ hooks }: Agent): string[] {
  return hooks.some(({ state }) => state === "installed") ? ["hooks"] : [];
}

function coverOf(covers: readonly string[]): { covers: readonly string[]; notCovered: readonly string[] } {
  return { covers, notCovered: COVERS.filter((cover) => !covers.includes(cover)) };
}

function hooksOf({ hooks }: Agent): string {
  const there = hooks.filter(({ state }) => state !== "absent");
  if (there.length > 0)
    return there.map(({ scope, state }) => (state === "outdated" ? `${scope} (outdated)` : scope)).join(", ");
  return hooks.length === 0 ? "not supported" : "none";
}
