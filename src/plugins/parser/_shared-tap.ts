import type { TestCase } from "../../sdk/index.ts";
import { evidence, framePlace, linesUntil, ownPlace, toMessage, yamlValue, type Evidence } from "./_shared-evidence.ts";

/** Each failure is told once with its section, and node-tap 16 lists all of them again. */
export function readTerse(output: string): TestCase[] {
  const cases = new Map<string, TestCase>();
  for (const block of output.split(/^(?= ?✖ )/m).slice(1)) {
    const name = /^ ?✖ (.+)/.exec(block)?.[1] ?? "";
    if (name === "" || cases.has(name)) continue;
    const said = block.split(/^(?:\u200b? FAIL \u200b?|Asserts: |Suites: )/m, 1)[0] ?? "";
    const diff = linesUntil(said.slice(said.indexOf("\n") + 1), /^ *(?:test|stack|at|compare|type): /);
    const words = diff.filter((line) => !/^ *(?:>? *\d+ \||\| |at:)/.test(line));
    const changed = words.filter((line) => /^ {2}(?:[-+@]|\s)/.test(line));
    const stack = said.replace(/^ +(?=\S+ ?\(?\S+:\d+:\d+\)?$)/gm, " at ");
    const kind = /^ +type: (\w+Error)$/m.exec(said)?.[1];
    const message = toMessage(changed) || (kind && `${kind}: ${name}`);
    cases.set(name, { name, verdict: "fail", ...evidence(message, framePlace(stack)) });
  }
  return [...cases.values()];
}

/** The YAML below a point, whichever keys its writer knows; without one (mocha's TAP 12) the indented lines. */
export function explainPoint(block: string, title: string): Evidence {
  const own =
    block
      .split("\n")
      .slice(1)
      .join("\n")
      .split(/^ *\.\.\.$/m, 1)[0] ?? "";
  const of = (key: string): string | undefined => yamlValue(own, key) || undefined;
  const stack = of("stack") ?? own;
  const frames = stack.replace(/^(?= *(?!at )\S.*:\d+:\d+\)?$)/gm, " at ");
  const file = of("fileName") ?? of("file");
  const [, atFile, atLine] =
    /^(?:at: )?.*?\(?((?:file:\/\/)?[\w./-][^\s():]*):(\d+):\d+\)?$/.exec(of("at") ?? "") ?? [];
  const place = ownPlace(file, of("lineNumber") ?? of("line")) ?? ownPlace(atFile, atLine) ?? framePlace(frames);
  if (!/^ *---$/m.test(own)) return evidence(once(linesUntil(own, /^ +at |^\S/)), place);
  const [wanted, got] = [of("expected") ?? of("wanted"), of("actual") ?? of("found")];
  const compared = wanted !== undefined && got !== undefined && wanted !== got;
  const values = compared ? [`expected: ${wanted}`, `actual: ${got}`] : [];
  const difference = of("diff") ?? of("'Difference (- actual, + expected):'");
  const words = [of("message") ?? of("error"), ...(difference === undefined ? values : [difference])];
  const said = words.filter((one) => one !== undefined).join("\n");
  const [thrown = ""] = linesUntil(of("stack") ?? "", /^ *at /);
  const kind = of("type");
  const thrownHere = kind?.endsWith("Error") ? `${kind}: ${title}` : undefined;
  const last = /^\w*(?:Error|Exception): /.test(thrown) ? thrown : thrownHere;
  return evidence(toMessage((said || last || "").split("\n")), place);
}

/** Mocha's TAP 12 prints the message, then the same behind the error's name. */
function once(lines: readonly string[]): string {
  const words = lines.map((line) => line.replace(/^ {2}/, ""));
  const [first = ""] = words;
  const again = words.findIndex((line, index) => index > 0 && line.endsWith(`: ${first}`));
  return toMessage(words.slice(Math.max(0, again))).replace(/^AssertionError(?: \[ERR_ASSERTION\])?: /, "");
}
