import { defineParser, type Location } from "../../sdk/index.ts";
import { places } from "./_shared.ts";

/** Node's last words, and Python's first ones, about an error that nobody caught. */
const NODE = /^Node\.js v\d+\.\d+\.\d+\s*$/m;
const PYTHON = /^Traceback \(most recent call last\):$/m;
const THROWN = /^(?:Uncaught )?(?<error>(?:\w+\.)*\w*(?:Error|Exception|Failure)(?: \[\w+\])?): (?<message>.*)$/gm;
const NODE_FRAME = /^ {4}at .*?(?:file:\/\/)?(?<file>(?:\/|[A-Za-z]:[\\/])[^\n():]+):(?<line>\d+):\d+\)?$/gm;
const PYTHON_FRAME = /^ {2}File "(?<file>[^"\n]+)", line (?<line>\d+)/gm;
/** A file that cannot be loaded is not a check that failed: it never began. */
const LOADING =
  /SyntaxError|ERR_MODULE_NOT_FOUND|ERR_REQUIRE_ESM|Cannot find (?:module|package)|ModuleNotFoundError|ImportError/;

/**
 * A script of plain assertions (`node test/all.js`, `python check.py`): the error that ended it, as `uncaught` at the nearest
 * line of the repo's own. What stands behind it did not run, so it is one place and no count.
 */
export default defineParser({
  recognizes: ({ output, exit }) => (exit !== 0 && find(output) ? 0.3 : 0),
  parse: ({ output }) => {
    const found = find(output);
    return places(found ? [found] : []);
  },
  examples: [
    {
      name: "an assertion of Node",
      input: {
        command: "node test/all.js",
        output: `wrap: all checks passed
node:internal/modules/run_main:107
    triggerUncaughtException(
    ^

AssertionError [ERR_ASSERTION]: counts the dots

'abc' !== 'ab'

    at file:///repo/test/cut.js:21:10
    at ModuleJob.run (node:internal/modules/esm/module_job:561:25) {
  generatedMessage: false,
}

Node.js v24.21.0
`,
        exit: 1,
      },
      gives: {
        locations: [
          {
            file: "test/cut.js",
            line: 21,
            severity: "error",
            rule: "uncaught",
            message: "AssertionError [ERR_ASSERTION]: counts the dots",
          },
        ],
      },
    },
    {
      name: "an assertion of Python",
      input: {
        command: "python check.py",
        output: `Traceback (most recent call last):
  File "/repo/check.py", line 3, in <module>
    f()
  File "/repo/sums.py", line 2, in f
    assert 1 == 2, "one is two"
           ^^^^^^
AssertionError: one is two
`,
        exit: 1,
      },
      gives: {
        locations: [
          { file: "sums.py", line: 2, severity: "error", rule: "uncaught", message: "AssertionError: one is two" },
        ],
      },
    },
    {
      name: "a file that does not load",
      input: {
        command: "node test/all.js",
        output: `file:///repo/test/all.js:1
import { a } from "./b.js";
         ^
SyntaxError: The requested module './b.js' does not provide an export named 'a'
    at ModuleJob._instantiate (node:internal/modules/esm/module_job:228:21)

Node.js v24.21.0
`,
        exit: 1,
      },
      gives: undefined,
    },
    {
      name: "an error that was told and caught",
      input: { command: "node a.js", output: "Error: nothing to do\n", exit: 1 },
      gives: undefined,
    },
  ],
});

function find(output: string): Location | undefined {
  if (LOADING.test(output)) return undefined;
  if (NODE.test(output)) {
    const thrown = [...output.matchAll(THROWN)].at(-1);
    const frames = [...output.slice(thrown?.index).matchAll(NODE_FRAME)];
    return place(thrown, frames.find(isOwn));
  }
  if (!PYTHON.test(output)) return undefined;
  const thrown = [...output.matchAll(THROWN)].at(-1);
  const frames = [...output.slice(0, thrown?.index).matchAll(PYTHON_FRAME)];
  return place(thrown, frames.findLast(isOwn));
}

function place(thrown: RegExpMatchArray | undefined, frame: RegExpMatchArray | undefined): Location | undefined {
  const { error, message } = thrown?.groups ?? {};
  const { file, line } = frame?.groups ?? {};
  if (error === undefined || message === undefined || file === undefined || line === undefined) return undefined;
  const own = file.replace(/^.*?\/repo\//, "");
  return { file: own, line: Number(line), severity: "error", rule: "uncaught", message: `${error}: ${message}` };
}

/** A line of the repo itself, and not of a package or of the language. */
function isOwn({ groups }: RegExpMatchArray): boolean {
  return !/node_modules|site-packages|\/lib\/python\d|^node:|<frozen/.test(groups?.["file"] ?? "");
}
