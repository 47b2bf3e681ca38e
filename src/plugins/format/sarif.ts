import { defineFormat, type Receipt } from "../../sdk/index.ts";
import {
  isRed,
  judgedOf,
  oneLine,
  rednessOf,
  repoPath,
  tamperingOf,
  type Judged,
  type RedThing,
  type Redness,
} from "./_shared.ts";
import { message, resultsOf, rulesOf, type Level, type Problem } from "./_shared-sarif.ts";
import { sampleCheck, sampleReceipt } from "./_shared-sample.ts";

const LEVELS: Readonly<Record<Redness, Level>> = { new: "error", red: "error", flaky: "warning", known: "note" };

/**
 * SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): a result per tampering, refuted claim and red thing of a
 * check. What was not checked or could not be proved is a notification, so that no results is not read as "clean".
 */
export default defineFormat({
  name: "sarif",
  mediaType: "application/sarif+json",
  extension: "sarif",
  write(receipt, { id, version }) {
    const problems = [
      ...tampering(receipt),
      ...claims(receipt),
      ...judgedOf(receipt).flatMap((judged) => red(judged, receipt)),
    ];
    const { verdict, kind, base } = receipt;
    const [sentence, commit, tree] = [receipt.sentence, receipt.commit, receipt.tree].map(oneLine);
    const run = {
      tool: { driver: { name: "Lodestar", ...versionOf(version), rules: rulesOf(problems) } },
      automationDetails: { id: `lodestar/${kind}/` },
      originalUriBaseIds: { "%SRCROOT%": { description: { text: "The root of the repository" } } },
      invocations: [invocation(receipt)],
      results: resultsOf(problems),
      properties: { receipt: id, verdict, sentence, commit, tree, base: base === null ? null : oneLine(base) },
    };
    return `${JSON.stringify({ $schema: SCHEMA, version: "2.1.0", runs: [run] }, null, 2)}\n`;
  },
  examples: [
    {
      name: "a weakened test and a new failure",
      receipt: sampleReceipt({
        verdict: "refuted",
        checks: [
          sampleCheck({
            verdict: "new-failure",
            because: "1 of 412 tests failed.",
            failures: ["cart > adds"],
            evidence: [{ test: "cart > adds", message: "3 is not 4", file: "test/cart.test.js", line: 12 }],
          }),
        ],
        tampering: [
          {
            what: "A test is skipped",
            kind: "test-skipped",
            loosens: true,
            file: "test/a b.test.js",
            line: 7,
            diff: "+test.skip(",
          },
        ],
      }),
      contains: [
        '"version": "2.1.0"',
        '"id": "tampering/test-skipped"',
        '"ruleId": "check/test"',
        '"uri": "test/a%20b.test.js"',
        '"startLine": 7',
        '"uri": "test/cart.test.js"',
        '"startLine": 12',
        '"text": "test: cart > adds: 3 is not 4"',
        '"level": "error"',
      ],
    },
    {
      name: "a check that was not run is no result, and is not silent",
      receipt: sampleReceipt({
        verdict: "unprovable",
        checks: [sampleCheck({ verdict: "not-run", because: "It never started: {0} [x](http://evil.example)" })],
      }),
      contains: [
        '"results": []',
        '"executionSuccessful": false',
        "test was not run: It never started: {{0}} [x] (http",
      ],
      lacks: ["{0} ", "[x](", '"ruleId"'],
    },
  ],
});

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

function tampering(receipt: Receipt): Problem[] {
  return tamperingOf(receipt).map(({ what, kind, file, line, diff, loosens }) => {
    const path = repoPath(file);
    const changed = diff.split("\n").filter((one) => /^[+-]/.test(one));
    return {
      rule: { id: `tampering/${slug(kind)}`, text: `Tampering: ${kind.replaceAll("-", " ")}` },
      level: loosens ? "error" : "note",
      text: `${what} (${file})`,
      place: path === undefined ? undefined : { file: path, ...(line === undefined ? {} : { line }) },
      cwd: ".",
      identity: [file, ...changed],
      verdict: loosens ? "loosens" : "shown",
      ...(receipt.base === null ? {} : { baseline: "new" }),
    };
  });
}

function claims(receipt: Receipt): Problem[] {
  return receipt.claims
    .filter((claim) => claim.verdict === "refuted")
    .map(({ text, kind, because, verdict }) => ({
      rule: { id: `claim/${slug(kind)}`, text: "A claim does not hold" },
      level: "error",
      text: `Claimed: ${text}. ${because}`,
      place: undefined,
      cwd: ".",
      identity: [text],
      verdict,
    }));
}

/** What is red in a check, by name; the check itself where it names nothing. */
function red({ check, how, red }: Judged, receipt: Receipt): Problem[] {
  if (!isRed(check) && check.verdict !== "flaky") return [];
  const title = how === undefined ? check.name : `${check.name} (${how})`;
  const whole: RedThing = { name: check.because, redness: rednessOf(check.verdict) };
  return (check.failures.length > 0 ? red : [whole]).map((one) => ({
    rule: { id: `check/${slug(check.name)}`, text: `The check ${check.name} is red` },
    // A baseline tells what was red already: nobody broke it now.
    level: receipt.kind === "baseline" ? "warning" : LEVELS[one.redness],
    text: `${title}: ${one.name}${one.message === undefined ? "" : `: ${one.message}`}`,
    place: one.place,
    cwd: repoPath(check.cwd) ?? ".",
    identity: [check.cwd, one === whole ? check.name : one.name],
    verdict: check.verdict,
    ...baselineOf(one.redness),
  }));
}

function baselineOf(redness: Redness): Pick<Problem, "baseline"> {
  if (redness === "new") return { baseline: "new" };
  return redness === "known" ? { baseline: "unchanged" } : {};
}

function invocation(receipt: Receipt) {
  const open = receipt.claims.filter((claim) => claim.verdict === "unprovable");
  const notRun = judgedOf(receipt).flatMap(({ check }) => (check.verdict === "not-run" ? [check] : []));
  const names = new Set(notRun.map((check) => check.name));
  const texts = [
    ...notRun.map((check) => `${check.name} was not run: ${check.because}`),
    ...receipt.notChecked.filter((one) => !names.has(one)).map((one) => `Not checked: ${one}`),
    ...open.map((claim) => `Not proved: ${claim.text}. ${claim.because}`),
    ...(receipt.environment.sandbox === "unsandboxed" ? ["It ran unsandboxed."] : []),
  ];
  return {
    executionSuccessful: receipt.verdict !== "unprovable",
    ...(DATE.test(receipt.issuedAt) ? { endTimeUtc: receipt.issuedAt } : {}),
    toolExecutionNotifications: texts.map((text) => ({ level: "warning", message: message(text) })),
  };
}

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

function versionOf(version: string): { version?: string; semanticVersion?: string } {
  return /^\d+\.\d+\.\d+/.test(version) ? { version, semanticVersion: version } : { version };
}

/** A part of a rule's id: what is no letter, digit, `.`, `_` or `:` becomes `-`. */
function slug(text: string): string {
  return oneLine(text).replace(/[^\p{L}\p{N}._:]+/gu, "-") || "unnamed";
}
