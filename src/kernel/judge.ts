import type { CheckRun, Counts } from "../sdk/index.ts";
import type { Outcome } from "./measure.ts";
import { unreached } from "./unreached.ts";

/** A verdict with its reason: `because` is one plain sentence, `failures` what is red, by name. */
export interface Judgement {
  readonly verdict: CheckRun["verdict"];
  readonly because: string;
  readonly counts?: Counts;
  readonly failures: string[];
}

/**
 * The verdict of a check. `rerun` is a second run after a red first one: what passes there is flaky. `base` is the same
 * check on the base, in an equal environment: with it, red is `known-failure` or `new-failure`, and green may be `fixed`.
 * Exit 0 alone is not `pass` where the output says otherwise; a runner that did not start or ran nothing is `not-run`.
 */
export function judge(runs: {
  first: Outcome;
  rerun?: Outcome;
  base?: Pick<CheckRun, "verdict" | "failures">;
}): Judgement {
  const { first, rerun, base } = runs;
  const alone = judgeOne(first);
  const again = alone.verdict === "fail" && rerun ? compareRuns(alone, judgeOne(rerun)) : alone;
  return base ? against(again, { base, crashed: crash(first) !== undefined }) : again;
}

function judgeOne(run: Outcome): Judgement {
  const { reading, exit } = run;
  const counts = reading.tests && { ...reading.tests };
  const failures = failuresOf(run);
  const with_ = (verdict: Judgement["verdict"], because: string): Judgement => ({
    verdict,
    because: run.truncated && counts ? `${because} (read from the end of a long output)` : because,
    ...(counts ? { counts } : {}),
    failures: verdict === "fail" ? failures : [],
  });
  const crashed = exit === 0 ? undefined : crash(run);
  if ((counts?.failed ?? 0) > 0 && !crashed) return with_("fail", failSentence(run));
  if (run.timedOut) return with_("not-run", `It did not end within ${Math.round(run.seconds)} s and was stopped.`);
  const missing = neverStarted(run);
  if (missing) return with_("not-run", missing);
  if (exit === 0) {
    const nothing = ranNothing(run);
    if (nothing) return with_("not-run", nothing);
    if (reading.doubts.length > 0)
      return with_("not-run", `It exited 0, but that proves nothing: ${listing(reading.doubts)}.`);
    return with_("pass", passSentence(run));
  }
  const host = ranAny(reading) ? undefined : unreached(run.output);
  if (host) return with_("not-run", `It needs the internet, and there is none where it ran: ${host} was not found.`);
  if (crashed) return with_("not-run", crashed);
  return with_("fail", failSentence(run));
}

/** What is red, by a name that is the same in the next run: failing tests, else places without their line. */
function failuresOf(run: Outcome): string[] {
  const cases = run.reading.cases.filter((one) => one.verdict === "fail").map((one) => one.name);
  if (cases.length > 0) return unique(cases);
  const errors = run.reading.locations.filter((place) => place.severity === "error");
  const places = errors.length > 0 ? errors : run.reading.locations;
  return numbered(places.map((place) => `${place.file}: ${place.rule ? `${place.rule}: ` : ""}${place.message}`));
}

function passSentence(run: Outcome): string {
  const { tests, parser } = run.reading;
  if (tests)
    return `${amount(tests.passed, "test")} passed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ""}, exit 0.`;
  return parser
    ? `Exit 0; ${parser} reports nothing red.`
    : "Exit 0; that is all we know, as its output is of no tool we read.";
}

function failSentence(run: Outcome): string {
  const { tests, locations, parser, cases, doubts } = run.reading;
  const end = run.signal ? `ended by ${run.signal}` : `exit ${run.exit ?? "unknown"}`;
  const host = tests && tests.failed > 0 ? unreached(run.output) : undefined;
  const offline = host ? ` It asked for ${host}, and there is no internet where it ran.` : "";
  if (tests && tests.failed > 0) return `${tests.failed} of ${amount(total(tests), "test")} failed, ${end}.${offline}`;
  if (doubts.length > 0) return `${listing(doubts)}: ${end}.`;
  const failed = cases.filter((one) => one.verdict === "fail").length;
  if (failed > 0) return `${amount(failed, "test")} failed, ${end}.`;
  if (tests) return `No test failed, yet ${end}: ${lastWords(run)}`;
  const errors = locations.filter((place) => place.severity === "error").length;
  if (errors > 0) return `${parser ?? "The output"} names ${amount(errors, "error")}, ${end}.`;
  if (locations.length > 0) return `${parser ?? "The output"} names ${amount(locations.length, "warning")}, ${end}.`;
  return `${end.charAt(0).toUpperCase()}${end.slice(1)}: ${lastWords(run)}`;
}

/** Shells say 127 for a program that is not there and 126 for one that may not run; package managers hide both behind their own codes. */
function neverStarted(run: Outcome): string | undefined {
  const { output, exit } = run;
  if (run.reading.tests && total(run.reading.tests) > 0) return undefined;
  if (exit === 0) return undefined;
  const program =
    /(?:^|: )(?:\d+: )?([\w@./-]+): (?:command )?not found\s*$/m.exec(output)?.[1] ??
    /command not found: ([\w@./-]+)/.exec(output)?.[1] ??
    /Command "([\w@./-]+)" not found/.exec(output)?.[1];
  if (program) return `It never started: ${program} was not found.`;
  const browser = NO_BROWSER.exec(output);
  if (browser)
    return `It never started: it needs ${browser.slice(1).find((name) => name !== undefined) ?? "a browser"}, and there is none where it ran.`;
  if (exit === 127) return "It never started: a program was not found (exit 127).";
  if (exit === 126) return "It never started: a program may not be executed (exit 126).";
  const script = /missing script:? "?([\w:.-]+)"?/i.exec(output)?.[1];
  if (script) return `It never started: there is no script ${script}.`;
  const module =
    /^\S*python\S*: No module named ([\w.]+)/m.exec(output)?.[1] ??
    /Cannot find module '[^']*\/node_modules\/(?:\.bin\/)?([^'/]+)[^']*'/.exec(output)?.[1];
  if (module) return `It never started: ${module} is not installed.`;
  const cargo = /error: no such (?:command|subcommand): `([\w-]+)`/.exec(output)?.[1];
  return cargo ? `It never started: cargo has no command ${cargo}.` : undefined;
}

/** What karma, Puppeteer, Playwright, Selenium and Cypress say when there is no browser for them. */
const NO_BROWSER =
  /No binary for (\w+) browser on your platform|Could not find (Chrom\w+|Firefox) \(ver\.|browserType\.launch: Executable doesn't exist at|[Cc]annot find (\w+) binary|Your system is missing the dependency: (Xvfb)/;

/** Exit 0 and nothing tested: `npm init`'s test script, `exit 0`, a runner that found no file. */
function ranNothing(run: Outcome): string | undefined {
  const { tests } = run.reading;
  if (tests && total(tests) === 0)
    return `It exited 0 but ran 0 tests${run.reading.doubts.length > 0 ? `: ${listing(run.reading.doubts)}` : ""}.`;
  if (tests && tests.passed === 0) return `It exited 0 but ran no test: all ${tests.skipped} were skipped.`;
  if (tests) return undefined;
  const said = run.output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:>|\$|yarn run|Done in|info )/.test(line));
  const script =
    /^> (?:exit 0|true|:|echo\b[^&|;]*)\s*$/m.test(run.output) || /^\s*(?:exit 0|true|:)\s*$/.test(run.command);
  if (script) return "It exited 0 because its script runs nothing.";
  const [only] = said;
  if (said.length === 1 && only && /^(?:error: )?no tests?\b/i.test(only)) return `It ran nothing: it says "${only}".`;
  return undefined;
}

function ranAny({ tests, locations }: Outcome["reading"]): boolean {
  return locations.length > 0 || (tests !== undefined && total(tests) > 0);
}

/** Red without one test run: it found none, fell over while loading, or was killed. */
function crash(run: Outcome): string | undefined {
  const { tests, cases, doubts, locations } = run.reading;
  const end = `(exit ${run.exit ?? "unknown"})`;
  const broken = doubts.filter((doubt) => / (?:did not (?:load|compile)|crashed)$/.test(doubt));
  if (tests && tests.passed + tests.skipped === 0 && broken.length > 0 && tests.failed <= broken.length)
    return `No test ran: ${listing(broken)} ${end}.`;
  if (tests ? total(tests) > 0 : cases.length > 0) return undefined;
  if (run.signal === "SIGKILL" || run.exit === 137) return "It was killed before it ended; perhaps memory ran out.";
  const none = /^ *(?:Error: )?(No tests? (?:files? )?(?:found|ran|collected|executed).*)$/im.exec(run.output)?.[1];
  if (none) return `No test ran: ${clip(none)} ${end}.`;
  if (tests) return `It ended before a test ran ${end}: ${lastWords(run)}`;
  const loading = LOADING.exec(run.output)?.[0];
  return loading && locations.length === 0 ? `It crashed while loading: ${clip(loading.trim())}` : undefined;
}

/** First lines of what Node and Python print when a file cannot be loaded. */
const LOADING =
  /^ ?(?:Exception during run: )?(?:\S*Error \[ERR_(?:MODULE_NOT_FOUND|REQUIRE_ESM)\]|Error: Cannot find (?:module|package)|SyntaxError: |ModuleNotFoundError: |ImportError: |error: Module not found).*$/m;

function compareRuns(first: Judgement, second: Judgement): Judgement {
  if (second.verdict === "pass")
    return {
      ...first,
      verdict: "flaky",
      because: `It failed once and passed when it was run again. First: ${first.because}`,
    };
  if (second.verdict !== "fail" || first.failures.length === 0) return first;
  const stable = first.failures.filter((name) => second.failures.includes(name));
  const passing = first.failures.length - stable.length;
  if (passing === 0) return first;
  if (stable.length === 0 && second.failures.length > 0)
    return { ...first, verdict: "flaky", because: `Other tests failed when it was run again. First: ${first.because}` };
  return { ...first, failures: stable, because: `${first.because} ${passing} of them passed when run again: flaky.` };
}

function against(own: Judgement, how: { base: Pick<CheckRun, "verdict" | "failures">; crashed: boolean }): Judgement {
  const { base } = how;
  const baseRed = base.verdict === "fail" || base.verdict === "known-failure" || base.verdict === "new-failure";
  const baseGreen = base.verdict === "pass" || base.verdict === "fixed" || base.verdict === "flaky";
  if (own.verdict === "pass" && baseRed)
    return { ...own, verdict: "fixed", because: `${own.because} The base failed.` };
  if (own.verdict === "not-run" && how.crashed && baseGreen)
    return { ...own, verdict: "new-failure", because: `${own.because} On the base it ran.` };
  if (own.verdict !== "fail" || base.verdict === "not-run") return own;
  const fresh = own.failures.filter((name) => !base.failures.includes(name));
  if (baseRed && own.failures.length > 0 && own.failures.every(isUncaught))
    return {
      ...own,
      verdict: "known-failure",
      because: `${own.because} The base is red, too, and what comes after an uncaught error does not run.`,
    };
  if (baseRed && fresh.length === 0)
    return { ...own, verdict: "known-failure", because: `${own.because} The base fails in the same way.` };
  const named = fresh.slice(0, 3).join(", ");
  return { ...own, verdict: "new-failure", because: `${own.because} New against the base: ${named || "all of it"}.` };
}

/** A script that stopped at its first failing assertion (`plugins/parser/uncaught.ts`): the next one may have been red before. */
export function isUncaught(name: string): boolean {
  return name.includes(": uncaught: ");
}

/** The last line that says something, for a person to recognise. */
function lastWords(run: Outcome): string {
  const lines = run.output
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" && !/^(?:npm (?:ERR!|error|notice|warn)|error Command failed|info Visit| ?ELIFECYCLE)/i.test(line),
    );
  return clip(lines.at(-1) ?? "it printed nothing.");
}

/** The first three, and how many more. */
function listing(items: readonly string[]): string {
  const more = items.length - 3;
  return `${items.slice(0, 3).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}

function total(counts: Counts): number {
  return counts.passed + counts.failed + counts.skipped;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** The second equal name gets ` (2)`, so that one more of the same is seen as new. */
function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
