import type { TestCase } from "../../sdk/index.ts";
import { Nesting, indentOf } from "./_shared.ts";
import { evidence, framePlace, linesUntil, ownPlace, toMessage, unquote, yamlValue } from "./_shared-evidence.ts";
import type { Evidence, Place } from "./_shared-evidence.ts";

const RESULT = /^ *(?<mark>[✔✖﹣▶⚠]) (?<title>.*?)(?: \([\d.]+m?s\))?(?<note> # (?:SKIP|TODO).*)?$/u;
/** An entry of the list of failures; entries stand at the left margin, what they say is indented. */
const ENTRY = /^[✖⚠] (?<title>.*?)(?: \([\d.]+m?s\))?(?<note> # TODO.*)?$/u;

/** One entry of the list of failures that the spec and dot reporters print at their end. */
export interface Failure {
  readonly title: string;
  /** Expected to fail: it makes no run red. */
  readonly todo: boolean;
  readonly evidence: Evidence;
  /** A file that did not end well by itself: node:test says only `test failed`. */
  readonly crashed: boolean;
}

/** The reports of the spec reporter, one per run; in each one the tree of tests, then the list of failures. */
export function readSpec(output: string): { cases: TestCase[]; crashed: string[] } {
  const runs = splitReports(output).map((run) => readReport(run));
  return { cases: runs.flatMap((run) => run.cases), crashed: runs.flatMap((run) => run.crashed) };
}

/** The entries of a list of failures, in order. */
export function readFailures(lines: readonly string[]): Failure[] {
  const failures: Failure[] = [];
  let at: Place | undefined;
  lines.forEach((line, index) => {
    const printed = /^test at (?<file>.+):(?<line>\d+):\d+$/.exec(line)?.groups;
    if (printed) at = ownPlace(printed.file, printed.line);
    const groups = ENTRY.exec(line)?.groups;
    if (!groups?.title) return;
    const { title, note } = groups;
    const rest = lines.slice(index + 1, index + 1 + LINES);
    const end = rest.findIndex((one) => /^\S/.test(one));
    const said = (end < 0 ? rest : rest.slice(0, end)).map((one) => one.replace(/^ {2}/, "")).join("\n");
    const whole = at?.line === 1 && (title.endsWith(at.file) || at.file.endsWith(title));
    failures.push({
      title,
      todo: line.startsWith("⚠") || note !== undefined,
      evidence: explain(said, at),
      crashed: whole && said.trim() === "'test failed'",
    });
    at = undefined;
  });
  return failures;
}

/** What a file printed before it crashed: its error, and the line of its own that the error names. */
export function crashEvidence(printed: string): Evidence {
  const start = printed.search(/^(?:ℹ )?(?:Uncaught )?(?:\w+\.)*\w*(?:Error|Exception)\b/m);
  if (start < 0) return {};
  const header = /^(?<file>(?:file:\/\/)?\/\S+):(?<line>\d+)$/m.exec(printed.slice(0, start))?.groups;
  const said = printed.slice(start).replace(/^ℹ /, "");
  return evidence(toMessage(linesUntil(said, STACK_OR_END)), ownPlace(header?.file, header?.line) ?? framePlace(said));
}

/** Lines of one entry that are read: an assertion prints a diff of at most some dozens. */
const LINES = 400;
const STACK_OR_END = /^ *at |^\s*$|^Node\.js v|^[✔✖﹣▶⚠ℹ] /u;

interface Report {
  readonly tree: string[];
  readonly failing: string[];
}

/** A new tree begins behind a list of failures when a command runs the runner again. */
function splitReports(output: string): Report[] {
  let report: Report = { tree: [], failing: [] };
  const reports = [report];
  let listing = false;
  let placed = false;
  let previous = "";
  for (const line of output.split("\n")) {
    if (line === "✖ failing tests:") {
      listing = true;
      placed = false;
    } else if (listing) {
      if (line.startsWith("test at ")) placed = true;
      const fresh = /^[✔▶﹣] /u.test(line) || (placed && line.startsWith("✖ ") && !previous.startsWith("test at "));
      if (fresh) {
        listing = false;
        report = { tree: [line], failing: [] };
        reports.push(report);
      } else report.failing.push(line);
    } else report.tree.push(line);
    previous = line;
  }
  return reports;
}

interface Line {
  readonly one: TestCase;
  readonly title: string;
  /** It holds other tests, and is a failure of its own only when the list of failures says so. */
  readonly holder: boolean;
  readonly printed: string;
}

/** Titles are looked up in the list of failures, tests before those that hold tests. What the tree lacks is added by its title. */
function readReport({ tree, failing }: Report): { cases: TestCase[]; crashed: string[] } {
  const left = Map.groupBy(
    readFailures(failing).filter((one) => !one.todo),
    (one) => one.title,
  );
  const lines = readTree(tree);
  const told = new Map<Line, Failure>();
  for (const holder of [false, true])
    for (const line of lines) {
      const red = line.holder === holder && line.one.verdict === "fail";
      const found = red ? left.get(line.title)?.shift() : undefined;
      if (found) told.set(line, found);
    }
  const crashed: string[] = [];
  const cases = lines.flatMap((line): TestCase[] => {
    const found = told.get(line);
    if (!found) return line.holder ? [] : [line.one];
    if (!found.crashed) return [{ ...line.one, ...found.evidence }];
    crashed.push(line.one.name);
    return [{ ...line.one, ...found.evidence, ...crashEvidence(line.printed) }];
  });
  const missing = [...left.values()]
    .flat()
    .map((one): TestCase => ({ name: one.title, verdict: "fail", ...one.evidence }));
  return { cases: [...cases, ...missing], crashed };
}

function readTree(tree: readonly string[]): Line[] {
  const lines: Line[] = [];
  const nesting = new Nesting();
  const open = new Map<string, number>();
  let printed: string[] = [];
  for (const line of tree) {
    const groups = RESULT.exec(line)?.groups;
    if (!groups?.title) {
      printed.push(line);
      continue;
    }
    const { mark, title, note } = groups;
    const indent = indentOf(line);
    const name = nesting.name(indent, title);
    const begun = open.get(name) ?? 0;
    if (mark === "▶") nesting.enter(indent, title);
    open.set(name, mark === "▶" ? begun + 1 : Math.max(0, begun - 1));
    if (mark !== "▶") {
      const verdict = note || mark === "﹣" ? "skip" : mark === "✖" ? "fail" : "pass";
      lines.push({ one: { name, verdict }, title, holder: begun > 0, printed: printed.join("\n") });
    }
    printed = [];
  }
  return lines;
}

/** An error as node prints it: its words, its stack, its properties. */
function explain(said: string, at: Place | undefined): Evidence {
  const words = toMessage(linesUntil(said, /^ +at /));
  const message = unquote(words)
    .replace(/^AssertionError(?: \[ERR_ASSERTION\])?: /, "")
    .replace(/^(\w+) \[Error\]: /, "$1: ");
  const values =
    /\n {2}generatedMessage: false,[\s\S]*?\n {2}actual: ([\s\S]*?),\n {2}expected: ([\s\S]*?),\n {2}operator: '(.*?)'/.exec(
      said,
    );
  const compared = values && !(values[3] === "==" && values[2] === "true") && values[1] !== values[2];
  const cause = /^ +\[cause\]: (.+)$/m.exec(said)?.[1];
  const lines = [
    message,
    ...(compared ? [`actual: ${values[1] ?? ""}`, `expected: ${values[2] ?? ""}`] : []),
    ...(cause ? [`caused by: ${cause}`] : []),
  ];
  return evidence(toMessage(lines.join("\n").split("\n")), nearest(framePlace(said), at));
}

/** The frame's line; its file as `test at` prints it, relative, where both are the same file. */
function nearest(frame: Place | undefined, at: Place | undefined): Place | undefined {
  if (!frame || !at) return frame ?? at;
  return frame.file.endsWith(`/${at.file}`) ? { file: at.file, line: frame.line } : frame;
}

/** The tap reporter. A point that only says that something below it failed is no test when it is a suite. */
export function readTap(output: string): { cases: TestCase[]; crashed: string[] } {
  const cases: TestCase[] = [];
  const crashed: string[] = [];
  const nesting = new Nesting();
  let printed = "";
  for (const block of output.split(/^(?= *(?:# Subtest: |(?:not )?ok \d+))/m)) {
    const subtest = /^( *)# Subtest: (.*)/.exec(block);
    if (subtest) nesting.enter(indentOf(block), subtest[2] ?? "");
    const point = /^ *(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$/m.exec(block);
    const before = printed;
    if (point || !subtest) printed = commentsOf(block);
    if (!point) continue;
    const suite = / type: 'suite'/.test(block);
    if (suite && (!point[1] || point[3] || / failureType: 'subtestsFailed'/.test(block))) continue;
    const name = nesting.name(indentOf(block), point[2] ?? "");
    const verdict = point[3] ? "skip" : point[1] ? "fail" : "pass";
    const at = placeOf(block);
    const whole = at?.line === 1 && at.file.endsWith(name) && yamlValue(block, "error") === "test failed";
    if (whole) crashed.push(name);
    cases.push({
      name,
      verdict,
      ...(verdict === "fail" ? explainPoint(block, at) : {}),
      ...(whole ? crashEvidence(before) : {}),
    });
  }
  return { cases, crashed };
}

/** What the file printed itself stands as comments behind a point. */
function commentsOf(block: string): string {
  const comments = block.split("\n").filter((line) => /^ *# (?!Subtest: )/.test(line));
  return comments.map((line) => line.replace(/^ *# /, "").replaceAll("\\#", "#")).join("\n");
}

function placeOf(block: string): Place | undefined {
  const place = / location: '(?<file>.+):(?<line>\d+):\d+'/.exec(block)?.groups;
  return ownPlace(place?.file, place?.line);
}

function explainPoint(block: string, at: Place | undefined): Evidence {
  const of = (key: string): string | undefined => yamlValue(block, key);
  const error = of("error") ?? "";
  const kind = of("name") ?? "Error";
  const [expected, actual] = [of("expected"), of("actual")];
  const words = kind === "AssertionError" || kind === "Error" ? error : `${kind}: ${error}`;
  const told = error.includes("\n") || (error.includes(expected ?? "") && error.includes(actual ?? ""));
  const plain = of("operator") === "==" && expected === "true";
  const ended = [of("signal"), of("exitCode")].find((value) => value !== undefined && value !== "~");
  const lines = [
    error === "test failed" && ended ? `test failed (${/^\d+$/.test(ended) ? "exit code " : ""}${ended})` : words,
    ...(expected !== undefined && actual !== undefined && !told && !plain
      ? [`actual: ${actual}`, `expected: ${expected}`]
      : []),
  ];
  const stack = (of("stack") ?? "").replace(/^/gm, "at ");
  return evidence(toMessage(lines.join("\n").split("\n")), nearest(framePlace(stack), at));
}
