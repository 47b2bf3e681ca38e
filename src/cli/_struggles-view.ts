import type { StruggleRule } from "../sdk/struggle.ts";
import { printTable } from "./_terminal.ts";

interface Count {
  readonly session?: string;
  readonly agent: string;
  readonly model: string;
  readonly alarms: number;
  readonly stops: number;
  readonly patterns: Readonly<Record<string, number | undefined>>;
}

const HEAD = ["rule", "on", "action", "from", "pattern", "hits", "wrong", "precision", "source"];

/** A table of rules, and beneath it where they apply and why they are as they are. */
export function printRules(rules: readonly StruggleRule[]): void {
  printTable([HEAD, ...rules.map(rowOf)]);
  for (const { id, filters, note } of rules) {
    const only = Object.entries(filters).filter(([, names]) => names.length > 0);
    if (only.length > 0) console.log(`  ${id}: only ${only.map(([of, names]) => `${of} ${shown(names)}`).join(", ")}`);
    if (note !== undefined) console.log(`  ${id}: ${plain(note)}`);
  }
}

/** What a pack brings, before it is taken in. */
export function printOffer(
  { added, kept }: { added: readonly StruggleRule[]; kept: readonly string[] },
  { name, keyid }: { name: string; keyid: string },
): void {
  console.log(`${plain(name)}: intact, key ${keyid}`);
  if (added.length > 0) printRules(added);
  if (kept.length > 0) console.log(`  there already, and left as it is: ${kept.join(", ")}`);
}

/** First the whole life of each agent with each model, then each session. */
export function printCounters(counts: readonly Count[]): void {
  if (counts.length === 0) return console.log("No alarm yet.");
  const rows = counts.toSorted((a, b) => Number(a.session !== undefined) - Number(b.session !== undefined));
  printTable([
    ["agent", "model", "session", "alarms", "stops", "what"],
    ...rows.map(({ agent, model, session, alarms, stops, patterns }) => [
      plain(agent),
      plain(model),
      plain(session ?? "all"),
      String(alarms),
      String(stops),
      Object.entries(patterns)
        .map(([pattern, count]) => `${pattern} ${count}`)
        .join(", "),
    ]),
  ]);
}

function rowOf({ id, enabled, action, threshold, pattern, hits, wrong, precision, source }: StruggleRule): string[] {
  return [
    id,
    enabled ? "yes" : "no",
    action,
    `${threshold} times`,
    typeof pattern === "string" ? pattern : shown(pattern.match),
    String(hits),
    String(wrong),
    precision === null ? "-" : `${Math.round(precision * 100)} %`,
    `${source.kind}${source.name === undefined ? "" : `: ${plain(source.name)}`}`,
  ];
}

function shown(value: unknown): string {
  return plain(JSON.stringify(value));
}

/** A pack and an agent's words come from elsewhere: no control character of theirs reaches the terminal. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, "�");
}
