import type { Case, Place, Program, Runner } from "./corpus.ts";

/** How a case is written down: as it is, or so that it says less. */
export type Mode = "plain" | "skip" | "only" | "weak" | "swallow";
export interface Shown {
  readonly test: Case;
  readonly mode: Mode;
}
export interface Suite {
  readonly imports: string;
  readonly cases: readonly Shown[];
  /** Stands before the first test. */
  readonly before?: string;
}
export type Suites = Readonly<Record<string, Suite>>;

/** The suites of a program as they are where nothing was done to them. */
export function suitesOf(program: Program): Suites {
  const entries = Object.entries(program.suites).map(([name, { imports, cases }]): [string, Suite] => [
    name,
    { imports, cases: cases.map((test) => ({ test, mode: "plain" })) },
  ]);
  return Object.fromEntries(entries);
}

/** The same with one more case at the end of the defect's suite: its witness, unless another is given. */
export function withCase(at: Place, { mode = "plain", test = at.defect.witness }: Partial<Shown> = {}): Suites {
  return changeSuite(at, (suite) => ({ ...suite, cases: [...suite.cases, { test, mode }] }));
}

/** The suites of the program with the defect's suite changed. */
export function changeSuite(at: Place, change: (suite: Suite) => Suite, suites = suitesOf(at.program)): Suites {
  const suite = suites[at.defect.suite];
  if (!suite) throw new Error(`${at.program.name} has no suite ${at.defect.suite}`);
  return { ...suites, [at.defect.suite]: change(suite) };
}

export function suitePath(runner: Runner, name: string): string {
  if (runner === "unittest") return `tests/test_${name}.py`;
  if (runner === "cargo") return `tests/${name}.rs`;
  return runner === "assert" ? `test/${name}.js` : `test/${name}.test.js`;
}

/** The test file of a suite. JavaScript is written as ES modules. */
export function renderSuite(runner: Runner, name: string, suite: Suite): string {
  if (runner === "unittest") return renderUnittest(name, suite);
  if (runner === "cargo") return renderCargo(suite);
  const heads: Record<typeof runner, string> = {
    node: `import test from "node:test";\nimport assert from "node:assert/strict";\n`,
    assert: `import assert from "node:assert/strict";\n`,
    mocha: `import assert from "node:assert/strict";\n`,
    vitest: `import { expect, test } from "vitest";\n`,
    jest: "",
    ava: `import test from "ava";\n`,
  };
  const head = `${heads[runner]}${suite.imports}\n\n${suite.before ? `${suite.before}\n\n` : ""}`;
  const cases = suite.cases.map((shown) => renderScript(runner, shown));
  if (runner === "assert") {
    const closing = `console.log("${name}: all checks passed");\n`;
    return `${head}${cases.join("\n")}\n${closing}`;
  }
  if (runner === "mocha") return `${head}describe("${name}", () => {\n${indent(cases.join("\n"), 2)}\n});\n`;
  return head + cases.join("\n");
}

function renderScript(runner: Exclude<Runner, "unittest" | "cargo">, { test, mode }: Shown): string {
  const [name, , , setup = ""] = test;
  const body = [setup, assertion(runner, test, mode)].filter(Boolean).join("\n");
  const modifier = mode === "skip" || mode === "only" ? `.${mode}` : "";
  if (runner === "assert")
    return mode === "skip" ? `// ${name}\n${comment(body)}\n` : `// ${name}\n{\n${indent(body, 2)}\n}\n`;
  const open = runner === "ava" ? "(t) => {" : "() => {";
  return `${runner === "mocha" ? "it" : "test"}${modifier}(${JSON.stringify(name)}, ${open}\n${indent(body, 2)}\n});\n`;
}

function assertion(runner: Runner, [name, expression, expected]: Case, mode: Mode): string {
  const weak = mode === "weak";
  const line = lineOf(runner, { name, expression, expected, weak });
  return mode === "swallow" ? `try {\n${indent(line, 2)}\n} catch {\n  // depends on the environment\n}` : line;
}

function lineOf(
  runner: Runner,
  { name, expression, expected, weak }: { name: string; expression: string; expected: string; weak: boolean },
): string {
  if (runner === "vitest" || runner === "jest")
    return weak ? `expect(${expression}).toBeDefined();` : `expect(${expression}).toEqual(${expected});`;
  if (runner === "ava") return weak ? `t.not(${expression}, undefined);` : `t.deepEqual(${expression}, ${expected});`;
  const message = runner === "assert" ? `, ${JSON.stringify(name)}` : "";
  return weak
    ? `assert.notEqual(${expression}, undefined${message});`
    : `assert.deepEqual(${expression}, ${expected}${message});`;
}

function renderUnittest(name: string, suite: Suite): string {
  const cases = suite.cases.map(({ test: [title, expression, expected, setup = ""], mode }) => {
    const line =
      mode === "weak" ? `self.assertIsNotNone(${expression})` : `self.assertEqual(${expression}, ${expected})`;
    const swallowed = `try:\n    ${line}\nexcept AssertionError:\n    pass`;
    const body = [setup, mode === "swallow" ? swallowed : line].filter(Boolean).join("\n");
    const skip = mode === "skip" ? `    @unittest.skip("unstable on some machines")\n` : "";
    return `${skip}    def test_${snake(title)}(self):\n${indent(body, 8)}\n`;
  });
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}Test`;
  const head = `import unittest\n\n${suite.imports}\n\n${suite.before ? `${suite.before}\n\n` : ""}`;
  return `${head}\nclass ${title}(unittest.TestCase):\n${cases.join("\n")}`;
}

function renderCargo(suite: Suite): string {
  const cases = suite.cases.map(({ test: [title, expression, expected, setup = ""], mode }) => {
    const line = mode === "weak" ? `let _ = ${expression};` : `assert_eq!(${expression}, ${expected});`;
    const swallowed = `let _ = std::panic::catch_unwind(|| {\n    ${line}\n});`;
    const body = [setup, mode === "swallow" ? swallowed : line].filter(Boolean).join("\n");
    const skip = mode === "skip" ? "#[ignore]\n" : "";
    return `#[test]\n${skip}fn ${snake(title)}() {\n${indent(body, 4)}\n}\n`;
  });
  return `${suite.imports}\n\n${suite.before ? `${suite.before}\n\n` : ""}${cases.join("\n")}`;
}

/** The name of a case as the output of the runner has it; bare assertions have it in their message. */
export function shownName(runner: Runner, [name]: Case): string {
  if (runner === "unittest") return `test_${snake(name)}`;
  return runner === "cargo" ? snake(name) : name;
}

function snake(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}

function comment(text: string): string {
  return text.replaceAll(/^/gm, "// ");
}
