import { defineFormat, type CheckRun, type FormatContext, type Receipt } from "../../sdk/index.ts";
import { comparedOf, isRed, judgedOf, rednessOf, tamperingOf, type RedThing, type Redness } from "./_shared.ts";
import { code, composed, diffFence, fence, linesOf, prose, tableRow, type Section } from "./_shared-markdown.ts";
import { sampleCheck, sampleReceipt } from "./_shared-sample.ts";

/** GitHub takes comments of at most 65,536 characters; the rest is for what a bot adds. */
const LIMIT = 60_000;
/** Lines of evidence per check; of the name of a failure, and of what it said. */
const EVIDENCE = 24;
const NAME_LINES = 2;
const MESSAGE_LINES = 4;

const HEADLINES = { verified: "Verified", refuted: "Refuted", unprovable: "Not proved" } as const;
const BASELINES = { verified: "Baseline", refuted: "Baseline", unprovable: "Incomplete baseline" } as const;

/** A comment on a pull request: the verdict first, then what it rests on. GitHub Flavored Markdown. */
export default defineFormat({
  name: "markdown",
  mediaType: "text/markdown",
  extension: "md",
  write(receipt, context) {
    const headline = (receipt.kind === "baseline" ? BASELINES : HEADLINES)[receipt.verdict];
    const parts = {
      opening: `## ${headline}\n\n${prose(receipt.sentence, 1_000)}`,
      sections: [
        claims(receipt),
        checks(receipt),
        failures(receipt, { of: ["new"], open: "### New failures\n\n" }),
        tampering(receipt),
        failures(receipt, { of: ["red"], open: "### Failures\n\n" }),
        failures(receipt, {
          of: ["known", "flaky"],
          ...folded("Failures that the base has too, or that passed when run again"),
        }),
        compared(receipt),
        notChecked(receipt),
      ],
      ending: ending(receipt, context),
    };
    return `${composed(parts, LIMIT - 1)}\n`;
  },
  examples: [
    {
      name: "a proof that is green",
      receipt: sampleReceipt(),
      contains: [
        "## Verified\n\nVerified 3f2a1c9 against 1b2c3d4: 412 tests pass.",
        "| `test` | pass | 412 | 0 | 0 | 12.5 s | 412 tests passed, exit 0. |",
        "Receipt `0123456789abcdef`",
        "lodestar receipts verify",
      ],
      lacks: ["### Claims", "### New failures", "### Tampering", "<details>"],
    },
    {
      name: "a claim that does not hold, with a changed test",
      receipt: sampleReceipt({
        verdict: "refuted",
        sentence: "Refuted 3f2a1c9: 1 test fails newly.",
        claims: [{ text: "all tests pass", kind: "tests-pass", verdict: "refuted", because: "test fails newly." }],
        checks: [
          sampleCheck({
            verdict: "new-failure",
            counts: { passed: 411, failed: 1, skipped: 0 },
            because: "1 of 412 tests failed, exit 1.",
            failures: ["test/cart.test.js > adds"],
            evidence: [{ test: "test/cart.test.js > adds", message: "expected 3\n  got 4", line: 7 }],
          }),
          sampleCheck({ name: "lint", kind: "lint", verdict: "not-run", because: "It never started." }),
        ],
        tampering: [
          {
            what: "A test is skipped",
            kind: "test-skipped",
            loosens: true,
            file: "test/a.test.js",
            line: 7,
            diff: "-test(\n+test.skip(",
          },
        ],
        notChecked: ["e2e"],
      }),
      contains: [
        "| all tests pass | refuted | test fails newly. |",
        "### New failures\n\n`test`: 1 of 412 tests failed, exit 1.\n\n```text\ntest/cart.test.js > adds\n    expected 3\n      got 4\n```",
        "### Tampering\n\nA test is skipped: `test/a.test.js:7`\n\n```diff\n-test(\n+test.skip(\n```",
        "<summary>What was not checked (2)</summary>\n\n- `lint`: It never started.\n- e2e\n\n</details>",
      ],
      lacks: ["### Failures"],
    },
    {
      name: "text of the repo that would be markup",
      receipt: sampleReceipt({
        sentence: "Look <img src=x onerror=alert(1)> @everyone ![x](http://evil.example)\n\n# Approved",
        checks: [sampleCheck({ name: "a|b`<script>", because: "| x | \u001b[31mred\u001b[0m \u202Egnp" })],
        tampering: [{ what: "x", kind: "exit-hidden", loosens: true, file: "a", diff: "+```\n+</details><h1>ok" }],
      }),
      contains: [
        "&lt;img",
        "<code>a&#124;b&#96;&#60;script&#62;</code>",
        "\\| x \\| red \\[U+202E\\]gnp",
        "````diff\n+```\n",
      ],
      lacks: ["<img", "<script", "@everyone", "![x]", "http://", "\n# Approved", "\u001b", "\u202E", "|b"],
    },
  ],
});

function claims(receipt: Receipt): Section {
  return {
    open: `### Claims\n\n${tableRow(["Claim", "Verdict", "Why"])}\n|---|---|---|\n`,
    items: receipt.claims.map(({ text, verdict, because }) => tableRow([prose(text), verdict, prose(because)])),
    between: "\n",
    more: (left) => `… and ${left} more claims.`,
  };
}

const HEAD = `${tableRow(["Check", "Verdict", "Passed", "Failed", "Skipped", "Time", "Why"])}\n|---|---|--:|--:|--:|--:|---|\n`;

function checks(receipt: Receipt): Section {
  return {
    open: `### Checks\n\n${HEAD}`,
    items: judgedOf(receipt).map(({ check, how }) => rowOf(check, how)),
    between: "\n",
    more: (left) => `… and ${left} more checks.`,
  };
}

function compared(receipt: Receipt): Section {
  const { open, close } = folded("What it was compared with");
  return {
    open: `${open}${HEAD}`,
    close,
    items: comparedOf(receipt).map(({ check, how }) => rowOf(check, how)),
    between: "\n",
    more: (left) => `… and ${left} more runs.`,
  };
}

function rowOf(check: CheckRun, how: string | undefined): string {
  const { verdict, because, seconds } = check;
  const hasRun = verdict !== "not-run";
  const { passed, failed, skipped } = (hasRun && check.counts) || { passed: "", failed: "", skipped: "" };
  const time = hasRun ? `${seconds.toFixed(1)} s` : "";
  return tableRow([nameOf(check, how), verdict, `${passed}`, `${failed}`, `${skipped}`, time, prose(because)]);
}

/** Per check: why, and the first lines of what is red in one of these ways. */
function failures(receipt: Receipt, how: { of: readonly Redness[]; open: string; close?: string }): Section {
  const { of, open, close = "" } = how;
  const items: string[] = [];
  for (const judged of judgedOf(receipt)) {
    const { check } = judged;
    const red = judged.red.filter(({ redness }) => of.includes(redness));
    // A check that is red as a whole (a build, a crash) names nothing: its reason is the evidence.
    const isWhole = isRed(check) && check.failures.length === 0 && of.includes(rednessOf(check.verdict));
    if (red.length === 0 && !isWhole) continue;
    const evidence = red.length > 0 ? `\n\n${fence(evidenceOf(red), "text")}` : "";
    items.push(`${nameOf(check, judged.how)}: ${prose(check.because)}${evidence}`);
  }
  return { open, close, items, between: "\n\n", more: (left) => `… and ${left} more checks.` };
}

function evidenceOf(red: readonly RedThing[]): string[] {
  const lines: string[] = [];
  let named = 0;
  for (const { name, message } of red) {
    const said = message === undefined ? [] : linesOf(message).filter((line) => line.trim() !== "");
    const own = [...linesOf(name).slice(0, NAME_LINES), ...said.slice(0, MESSAGE_LINES).map((line) => `    ${line}`)];
    if (lines.length + own.length > EVIDENCE) break;
    lines.push(...own);
    named += 1;
  }
  return red.length > named ? [...lines, `… and ${red.length - named} more`] : lines;
}

function tampering(receipt: Receipt): Section {
  return {
    open: "### Tampering\n\n",
    items: tamperingOf(receipt).map(({ what, file, line, diff, loosens }) => {
      const place = code(line === undefined ? file : `${file}:${line}`, 200);
      const weight = loosens ? "" : " (shown only: it makes no check say less)";
      return `${prose(what, 300)}: ${place}${weight}${diff.trim() === "" ? "" : `\n\n${diffFence(diff)}`}`;
    }),
    between: "\n\n",
    more: (left) => `… and ${left} more.`,
  };
}

function notChecked(receipt: Receipt): Section {
  const notRun = judgedOf(receipt).filter(({ check }) => check.verdict === "not-run");
  const names = new Set(notRun.map(({ check }) => check.name));
  const besides = [...new Set(receipt.notChecked)].filter((one) => !names.has(one));
  const items = [
    ...notRun.map(({ check, how }) => `- ${nameOf(check, how)}: ${prose(check.because)}`),
    ...besides.map((one) => `- ${prose(one)}`),
  ];
  return {
    ...folded(`What was not checked (${items.length})`),
    items,
    between: "\n",
    more: (left) => `… and ${left} more.`,
  };
}

function folded(summary: string): { open: string; close: string } {
  return { open: `<details><summary>${summary}</summary>\n\n`, close: "\n\n</details>" };
}

function ending(receipt: Receipt, { id, version }: FormatContext): string {
  const { commit, base, environment, issuedAt } = receipt;
  const facts = [
    `commit ${code(commit, 64)}`,
    ...(base === null ? [] : [`base ${code(base, 64)}`]),
    environment.sandbox === "unsandboxed" ? "**unsandboxed**" : `sandbox ${environment.sandbox}`,
    `network ${prose(environment.network, 100)}`,
    `judged by Lodestar ${code(environment.lodestar, 40)} on ${prose(issuedAt, 40)}`,
    `written by ${code(version, 40)}`,
  ];
  const shown = `\`lodestar receipts show ${id} --json > receipt.json\``;
  return `---\n\nReceipt ${code(id, 64)}: ${facts.join(", ")}.\nThis text is not signed, the receipt is: ${shown} where it was made, then anywhere \`lodestar receipts verify receipt.json --key KEY\`.`;
}

function nameOf(check: CheckRun, how: string | undefined): string {
  const place = check.cwd === "." || check.cwd === "" ? "" : ` in ${code(check.cwd, 200)}`;
  return `${code(check.name, 120)}${place}${how === undefined ? "" : `, ${how}`}`;
}
