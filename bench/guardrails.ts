/**
 * Struggles: which detector stops which loop of examples/sessions and when, and which honest session is stopped (none may be).
 * Then how that holds when two sessions
 * share one task (their outputs do not know of each other, so this is harder than life), and what one step costs with a full window, as every hook pays it.
 */
import { newGuard } from "../src/kernel/guardrails.ts";
import { BUILTIN_RULES } from "../src/kernel/struggle.ts";
import { StrugglePattern, type SessionStep } from "../src/sdk/index.ts";
import { readSessions, watch, type ScriptedSession } from "../src/testing/sessions.ts";
import { printTable, quantile } from "./_table.ts";

interface Cell {
  sessions: number;
  stopped: number;
  late: number;
  rounds: number[];
  by: Map<string, number>;
}

const sessions = readSessions();
const kinds = new Map<string, Cell>();
for (const { head, steps } of sessions) {
  const kind = head.label === "loop" ? (head.expect[0] ?? "") : "honest work";
  const cell = kinds.get(kind) ?? { sessions: 0, stopped: 0, late: 0, rounds: [], by: new Map<string, number>() };
  kinds.set(kind, cell);
  const { stop } = watch(steps, BUILTIN_RULES);
  cell.sessions++;
  if (!stop) continue;
  cell.stopped++;
  cell.by.set(stop.pattern, (cell.by.get(stop.pattern) ?? 0) + 1);
  if (head.label === "honest") console.log(`stopped wrongly: ${head.name}: ${stop.because}`);
  if (head.label !== "loop") continue;
  if (stop.step > head.stopBy) cell.late++;
  // Rounds are about equally long: six of them end at stopBy.
  cell.rounds.push(Math.ceil(((stop.step - head.begins + 1) * 6) / (head.stopBy - head.begins + 1)) - 1);
}

const columns = [...StrugglePattern.options];
console.log(`| session | n | stopped | within 5 repeats | repeats (median, most) | ${columns.join(" | ")} |`);
console.log(`|${" --- |".repeat(5 + columns.length)}`);
for (const kind of [...columns, "honest work"]) {
  const cell = kinds.get(kind);
  if (!cell) continue;
  const repeats = cell.rounds.length > 0 ? `${quantile(cell.rounds, 0.5)}, ${Math.max(...cell.rounds)}` : "";
  const by = columns.map((column) => cell.by.get(column) ?? "");
  const within = kind === "honest work" ? "" : cell.stopped - cell.late;
  console.log(`| ${[kind, cell.sessions, cell.stopped, within, repeats, ...by].join(" | ")} |`);
}

/** Two sessions as two agents on one task, step by step in the order of time. Beside a loop nobody prompts, which would end it. */
function sideBySide(first: ScriptedSession, second: ScriptedSession): SessionStep[] {
  const shift = (first.steps[0]?.at ?? 0) - (second.steps[0]?.at ?? 0);
  const other = second.steps
    .filter(({ kind }) => kind !== "prompt" || first.head.label === "honest")
    .map((step) => ({ ...step, at: step.at + shift, agent: `${step.agent} 2` }));
  return [...first.steps, ...other].sort((a, b) => a.at - b.at);
}

const honest = sessions.filter(({ head }) => head.label === "honest");
let [pairs, wrongly, beside, caughtBeside] = [0, 0, 0, 0];
for (const first of sessions)
  for (const second of honest) {
    if (first === second) continue;
    const stopped = watch(sideBySide(first, second), BUILTIN_RULES).stop !== undefined;
    if (first.head.label === "honest") {
      pairs++;
      if (stopped) wrongly++;
    } else {
      beside++;
      if (stopped) caughtBeside++;
    }
  }

const guard = newGuard(BUILTIN_RULES);
const times: number[] = [];
let at = 0;
for (let round = 0; round < 3; round++)
  for (const { steps } of sessions)
    for (const step of steps) {
      at += 5000;
      const started = performance.now();
      guard.observe({ ...step, at, session: "bench" });
      if (round > 0) times.push((performance.now() - started) * 1000);
    }
const loops = [...kinds].filter(([kind]) => kind !== "honest work").map(([, cell]) => cell);
const total = (pick: (cell: Cell) => number) => loops.reduce((sum, cell) => sum + pick(cell), 0);
const caught = total((cell) => cell.stopped - cell.late);
printTable([
  {
    name: "loops stopped within 5 repeats",
    value: (100 * caught) / total((cell) => cell.sessions),
    unit: "%",
    atLeast: 85,
  },
  {
    name: "honest sessions stopped",
    value: kinds.get("honest work")?.stopped ?? Number.NaN,
    unit: "sessions",
    atMost: 1,
  },
  {
    name: "two honest sessions side by side on one task, stopped",
    value: (100 * wrongly) / pairs,
    unit: "%",
    atMost: 1,
  },
  { name: "loops beside an honest session, stopped", value: (100 * caughtBeside) / beside, unit: "%", atLeast: 85 },
  { name: "one step, window of 500", value: quantile(times, 0.5), unit: "µs" },
  { name: "one step, p99", value: quantile(times, 0.99), unit: "µs" },
]);
if (caught < total((cell) => cell.sessions) || (kinds.get("honest work")?.stopped ?? 0) > 0) process.exitCode = 1;
