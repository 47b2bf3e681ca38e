/** One measured figure. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What DESIGN.md 9 asks for, in the same unit; a figure that must be at least so much is written with `atLeast`. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** What the bare library or command does in the same run, and how many times that we need. */
  readonly peer?: { readonly name: string; readonly value: number };
}

/** Prints figures as one Markdown table; a target says whether it holds. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.name,
    `${short(row.value)} ${row.unit}`,
    target(row),
    row.peer === undefined ? "" : `${row.peer.name}: ${short(row.peer.value)} ${row.unit}`,
    row.peer === undefined ? "" : short(row.value / row.peer.value),
  ]);
  const head = ["figure", "median", "target", "beside it, in the same run", "ratio"];
  for (const line of [head, head.map(() => "---"), ...cells]) console.log(`| ${line.join(" | ")} |`);
}

/** Does each work once a round, in turn, so that all meet the same machine. Milliseconds of each; the first round warms up. */
export async function interleave(rounds: number, works: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const samples: number[][] = works.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [index, work] of works.entries()) {
      const ms = await timed(work);
      if (round > 0) samples[index]?.push(ms);
    }
  return samples;
}

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function target({ value, unit, atMost, atLeast }: Row): string {
  if (atMost !== undefined) return `< ${short(atMost)} ${unit}: ${value < atMost ? "holds" : "**does not hold**"}`;
  if (atLeast !== undefined) return `> ${short(atLeast)} ${unit}: ${value > atLeast ? "holds" : "**does not hold**"}`;
  return "";
}

/** Three digits are what a measurement is worth. */
function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}
