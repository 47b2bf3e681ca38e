import { killUp, type Killed } from "../src/testing/kills.ts";
import { probeSandbox } from "../src/host/sandbox.ts";
import { printTable, type Row } from "./_table.ts";

const UPS = 6;
const KILLS = 5;

/**
 * 30 `kill -9` of the daemon at random moments: six times one `up` with five kills, in turns in a sandbox and without.
 * Everything but the times must be what it would be without a kill.
 */
export default async function kills(): Promise<Row[]> {
  const { works } = await probeSandbox();
  const all: Killed[] = [];
  for (let seed = 1; seed <= UPS; seed++)
    all.push(await killUp({ kills: KILLS, seed, checks: 6, sandbox: works && seed % 2 === 1 }));
  const resumed = all.flatMap((one) => one.resumed).sort((a, b) => a - b);
  const sum = (of: (one: Killed) => number) => all.reduce((total, one) => total + of(one), 0);
  return [
    { name: "kill -9 during an up", value: sum((one) => one.kills), unit: "kills" },
    {
      name: "ups that ended healthy (all must)",
      value: sum((one) => (one.state === "healthy" ? 1 : 0)),
      unit: `of ${UPS}`,
    },
    {
      name: "acknowledged events lost (none may be)",
      value: sum((one) => one.lost),
      unit: `of ${sum((one) => one.events)}`,
    },
    {
      name: "recorded steps repeated (none may be)",
      value: sum((one) => one.repeated.length),
      unit: `of ${sum((one) => one.steps)}`,
    },
    { name: "processes left (none may be)", value: sum((one) => one.left.length), unit: "processes" },
    { name: "chains broken (none may be)", value: sum((one) => (one.chain ? 0 : 1)), unit: `of ${UPS}` },
    { name: "goes on after, median", value: resumed[Math.floor(resumed.length / 2)] ?? Number.NaN, unit: "ms" },
    { name: "goes on after, slowest", value: resumed.at(-1) ?? Number.NaN, unit: "ms", atMost: 5000 },
  ];
}

if (import.meta.main) printTable(await kills());
