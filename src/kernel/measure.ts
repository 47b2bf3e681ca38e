import type { CommandResult, Counts, Loaded, Location, Parsed, Parser, ParserInput, TestCase } from "../sdk/index.ts";
import { splitRuns, stripTerminal, type Part } from "./measure-split.ts";

/** What an output says. `parser` names who understood it (`mocha`, `tsc + jest`); absent when nobody did. */
export interface Reading extends Parsed {
  readonly parser?: string;
}

/** One run of a check with everything that a verdict needs. */
export interface Outcome {
  readonly command: string;
  readonly exit: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly seconds: number;
  /** Without terminal colours; the tail, when the command printed more than is kept. */
  readonly output: string;
  /** The command printed more than `output` holds. */
  readonly truncated: boolean;
  readonly reading: Reading;
}

/** Reads the result of a command that a site ran. */
export function outcomeOf(command: string, result: CommandResult, parsers: readonly Loaded<Parser>[]): Outcome {
  const { exit, signal, timedOut, seconds } = result;
  const output = stripTerminal(result.output);
  const truncated = result.segment.to - result.segment.from > new TextEncoder().encode(result.output).length;
  return {
    command,
    exit,
    signal,
    timedOut,
    seconds,
    output,
    truncated,
    reading: readOutput({ command, output, exit }, parsers),
  };
}

/**
 * Understands one command's output: colours are stripped, the packages of a monorepo are read one by one, and counts
 * are added. In each part the most specific parser reads the tests; others that are sure too add what they saw
 * (`tsc && mocha`). What nobody recognizes gives empty lists and no `parser`.
 */
export function readOutput(input: ParserInput, parsers: readonly Loaded<Parser>[]): Reading {
  const output = stripTerminal(input.output);
  const parts = splitRuns(output);
  const several = new Set(parts.map((part) => part.name)).size > 1;
  const readings = parts.flatMap((part) => readPart(part, { input, parsers, several }));
  const names = [...new Set(readings.map((reading) => reading.parser))];
  const doubts = [...readings.flatMap((reading) => reading.parsed.doubts), ...printedDoubts(output)];
  const counted = readings.map((reading) => reading.parsed.tests).filter((tests) => tests !== undefined);
  return {
    ...(names.length > 0 ? { parser: names.join(" + ") } : {}),
    ...(counted.length > 0 ? { tests: sum(counted) } : {}),
    cases: readings.flatMap((reading) => reading.parsed.cases),
    locations: distinct(readings.flatMap((reading) => reading.parsed.locations)),
    doubts: [...new Set(doubts)],
  };
}

/** From here on a parser is sure: it saw lines that its tool alone prints. Weaker ones are used only when nobody is. */
const SURE = 0.7;

interface PartReading {
  readonly parser: string;
  readonly parsed: Parsed;
}

function readPart(
  part: Part,
  context: { input: ParserInput; parsers: readonly Loaded<Parser>[]; several: boolean },
): PartReading[] {
  const { input, parsers, several } = context;
  const seen: ParserInput = { command: part.command ?? input.command, output: part.output, exit: input.exit };
  const ranked = parsers
    .map(({ id, plugin }) => ({ id, plugin, sure: plugin.recognizes(seen) }))
    .filter(({ sure }) => sure > 0)
    .sort((a, b) => b.sure - a.sure || (a.id < b.id ? -1 : 1));
  const chosen = ranked.filter(({ sure }, index) => index === 0 || sure >= SURE);
  return chosen.map(({ id, plugin }) => {
    const parsed = plugin.parse(seen);
    return { parser: id.replace(/^parser\//, ""), parsed: several && part.name ? under(part.name, parsed) : parsed };
  });
}

/** Two packages may have a test of the same name: the package's name makes it unique. */
function under(name: string, parsed: Parsed): Parsed {
  const cases = parsed.cases.map((one): TestCase => ({ ...one, name: `${name} > ${one.name}` }));
  return { ...parsed, cases, doubts: parsed.doubts.map((doubt) => `${name}: ${doubt}`) };
}

/** What a run prints when something failed that its exit code does not tell, whatever the tool. */
function printedDoubts(output: string): string[] {
  const doubts: string[] = [];
  if (/^\(node:\d+\) UnhandledPromiseRejectionWarning|^Unhandled (?:promise )?rejection/im.test(output))
    doubts.push("an unhandled rejection was printed");
  if (/^Assertion failed(?:$|[:,])/im.test(output)) doubts.push("a failed assertion was printed");
  if (/cache hit(?: \(outputs already on disk\))?, replaying (?:logs|output)/.test(output))
    doubts.push("turbo replayed earlier logs from its cache instead of running");
  return doubts;
}

function sum(counts: readonly Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** A place that two tools name is one place. */
function distinct(locations: readonly Location[]): Location[] {
  const seen = new Map<string, Location>();
  for (const place of locations) {
    const key = `${place.file}:${place.line}:${place.column ?? ""}:${place.message}`;
    if (!seen.has(key)) seen.set(key, place);
  }
  return [...seen.values()];
}
