import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NO_CLAIM, splitClaims } from "./claims.ts";

/** Text, and the kinds it claims; `tests-pass*` is a part of the tests (`all: false`). */
type Table = [text: string, ...kinds: string[]][];

function kindsOf(text: string): string[] {
  return splitClaims(text).map(({ kind, all }) => (all === false ? `${kind}*` : kind));
}

function check(table: Table): void {
  for (const [text, ...kinds] of table) test(text.slice(0, 120), () => assert.deepEqual(kindsOf(text), kinds));
}

describe("tests pass", () => {
  check([
    ["all tests pass", "tests-pass"],
    ["Tests pass.", "tests-pass"],
    ["All tests are passing now ✅", "tests-pass"],
    ["the full suite is green", "tests-pass"],
    ["Ran the test suite: 42/42 passing", "tests-pass"],
    ["All 42 tests pass (42/42)", "tests-pass"],
    ["42 passed, 0 failed", "tests-pass"],
    ["`npm test` → 18 passed, 3 skipped", "tests-pass"],
    ["`npm test` passes", "tests-pass"],
    ["`pytest -q` exits 0.", "tests-pass"],
    ["cargo test passes", "tests-pass"],
    ["I ran all the tests and they pass.", "tests-pass"],
    ["When I run the tests, they all pass.", "tests-pass"],
    ["The code now passes all tests", "tests-pass"],
    ["No tests fail.", "tests-pass"],
    ["It looks like the tests should now pass.", "tests-pass"],
    ["I believe all existing tests still pass.", "tests-pass"],
    ["I've verified that every test passes.", "tests-pass"],
    ["Great news! All tests pass.", "tests-pass"],
    ["After this change, the entire test suite passes.", "tests-pass"],
    ["the parser tests pass", "tests-pass*"],
    ["The new test passes", "tests-pass*"],
    ["All 3 new tests pass.", "tests-pass*"],
    ["Unit tests pass", "tests-pass*"],
    ["Tests for the router are green", "tests-pass*"],
    ["`src/date.test.ts` passes", "tests-pass*"],
    ["`npx vitest run src/date.test.ts` passes", "tests-pass*"],
    ["`npm test -- parser` passes", "tests-pass*"],
    ["Added 3 tests, all passing", "added", "tests-pass*"],
    ["The tests that were failing now pass", "tests-pass*"],
    ["The previously failing tests now pass.", "tests-pass*"],
    ["All tests in `cart.test.js` pass", "tests-pass*"],
    ["Made the failing test of formatCents pass.", "tests-pass*"],
    ["With this fix the tests pass", "tests-pass"],
    ["The e2e suite passes", "tests-pass*"],
    ["Both tests pass", "tests-pass*"],
  ]);
});

describe("builds, types, lint", () => {
  check([
    ["The build is green", "builds"],
    ["It compiles without errors", "builds"],
    ["The project builds cleanly again.", "builds"],
    ["`npm run build` succeeds", "builds"],
    ["Build: ✅", "builds"],
    ["fixed the build", "builds"],
    ["Fixed the build: `npm run build` works again.", "builds"],
    ["Cleaned up: lint passes without errors.", "lint-clean"],
    ["No type errors", "types-clean"],
    ["tsc is happy", "types-clean"],
    ["`npx tsc --noEmit` reports 0 errors", "types-clean"],
    ["Type check passes", "types-clean"],
    ["Fixed all type errors in src/cart.ts", "types-clean"],
    ["TypeScript compiles cleanly", "types-clean"],
    ["fixed lint errors", "lint-clean"],
    ["ESLint reports no warnings", "lint-clean"],
    ["Lint clean.", "lint-clean"],
    ["Remaining lint warnings are fixed", "lint-clean"],
    ["Tests, lint and build all pass", "tests-pass", "lint-clean", "builds"],
    ["typecheck/lint/tests pass", "tests-pass", "types-clean", "lint-clean"],
    ["No lint or type errors", "types-clean", "lint-clean"],
    ["`npm run lint` and `npm test` both pass", "tests-pass", "lint-clean"],
  ]);
});

describe("fixed", () => {
  check([
    ["fixed", "fixed"],
    ["Fixed the crash when the list is empty", "fixed"],
    ["Resolves #12", "fixed"],
    ["This PR closes #3", "fixed"],
    ["Fixes: #77", "fixed"],
    ["The parser no longer crashes on empty input", "fixed"],
    ["`slugify` doesn't throw on null anymore", "fixed"],
    ["now handles empty input", "fixed"],
    ["the bug is gone", "fixed"],
    ["The crash reported in #12 has been fixed.", "fixed"],
    ["fix: date is off by one in other time zones", "fixed"],
    ["fix(cart): do not add null items", "fixed"],
    ["corrected the off-by-one", "fixed"],
    ["The off-by-one error should be fixed now", "fixed"],
    ["I was able to fix the memory leak in `Pool`.", "fixed"],
    ["Fixed a bug where tests would not pass on Windows", "fixed"],
    ["Login works again", "fixed"],
    ["Done. The bug in src/wrap.js is fixed: a line may be as long as the width.", "fixed"],
    ["The parser splits inside quotes no more.", "fixed"],
    ["Fixed `parse` and `format`", "fixed", "fixed"],
    ["POST /users now returns 400 for an empty name", "fixed"],
    ["Handle empty input in parse()", "fixed"],
    ["parse() now returns an empty array for null", "fixed"],
    ["fixed the failing tests", "fixed", "tests-pass*"],
    ["Fixed the flaky login test", "fixed", "tests-pass*"],
    ["Fixed the crash, lint errors and the build", "fixed", "lint-clean", "builds"],
    ["Fix typo in `getUserNmae` that broke login", "fixed"],
  ]);
});

describe("runs, faster, added, dependencies", () => {
  check([
    ["The server starts", "runs"],
    ["the app runs on port 3000", "runs"],
    ["GET /health answers 200", "runs"],
    ["`GET /health` returns 200", "runs"],
    ["I confirmed the dev server starts without errors", "runs"],
    ["2x faster", "faster"],
    ["reduced time by 30 %", "faster"],
    ["perf: cache compiled routes", "faster"],
    ["Parsing is now about 40% faster than before", "faster"],
    ["Improved performance of the search index", "faster"],
    ["Startup time dropped from 3 s to 1 s", "faster"],
    ["Speed up slugify", "faster"],
    ["nextDay is twice as fast now", "faster"],
    ["A new test covers it", "added"],
    ["More tests for `toOrder`", "added"],
    ["Upgrade to React 19", "dependency-updated"],
    ["Added `slugify` to src/strings.ts", "added"],
    ["feat: retry on 503", "added"],
    ["feat(api)!: paginate lists", "added"],
    ["The CLI now supports `--json`", "added"],
    ["Created file `docs/usage.md`", "added"],
    ["Implemented the LRU cache", "added"],
    ["Users can now export orders as CSV", "added"],
    ["New tests were added for the parser", "added"],
    ["bumped lodash to 4.17.21", "dependency-updated"],
    ["chore(deps): bump x from 1 to 2", "dependency-updated"],
    ["upgraded React to v19", "dependency-updated"],
    ["Update dependency @types/node to v24.1.0", "dependency-updated"],
    ["Updated all dependencies", "dependency-updated"],
    ["build(deps-dev): bump vitest from 3.2.0 to 3.2.4", "dependency-updated"],
  ]);
});

describe("nothing else, no regression", () => {
  check([
    ["no other files touched", "nothing-else"],
    ["only changed src/a.ts", "nothing-else"],
    ["Nothing else was changed.", "nothing-else"],
    ["I didn't touch anything else", "nothing-else"],
    ["The change is limited to `src/date.ts`", "nothing-else"],
    ["Only `src/a.ts` was modified", "nothing-else"],
    ["Only src/a.ts changed", "nothing-else"],
    ["Nothing else was touched but src/retry.js", "nothing-else"],
    ["Rewrote `toRoman` without changing what it does", "no-regression"],
    ["All tests pass except for the two that were failing before my change", "no-regression"],
    ["nothing else broke", "no-regression"],
    ["no regressions", "no-regression"],
    ["existing behaviour is unchanged", "no-regression"],
    ["Refactor the parser without behaviour change", "no-regression"],
    ["refactor: extract the tokenizer", "no-regression"],
    ["Renamed `foo` to `bar`", "no-regression"],
    ["Made the test of initials stricter", "no-regression"],
    ["Gave the tests of initials clearer names", "no-regression"],
    ["All checks are green", "tests-pass"],
    ["Everything passes", "tests-pass"],
    ["No functional changes.", "no-regression"],
    ["Everything else works as before", "no-regression"],
    ["The remaining 2 failures are pre-existing", "no-regression"],
    ["This doesn't break existing callers", "no-regression"],
    ["Fixed the rounding without changing existing behavior", "fixed", "no-regression"],
  ]);
});

describe("asserted, and no rule covers it", () => {
  check([
    ["The architecture is cleaner now", "unknown"],
    ["improved readability", "unknown"],
    ["documentation updated", "unknown"],
    ["fix typo in README", "unknown"],
    ["docs: explain the cache", "unknown"],
    ["All tests pass except one", "unknown"],
    ["Most tests pass", "unknown"],
    ["The tests pass if you set TZ to UTC", "unknown"],
    ["Partially fixed the crash", "unknown"],
    ["95% of tests pass", "unknown"],
    ["Deployed to production.", "unknown"],
    ["This is the more idiomatic way to write it.", "unknown"],
    ["`slugify` handles unicode", "unknown"],
    ["The fix works", "unknown"],
    ["Bumped the timeout to 30", "unknown"],
    ["bump version to 1.2.3", "unknown"],
  ]);
});

describe("several claims in one text", () => {
  check([
    ["Fixed the crash in parser.ts, added tests and the build is green", "fixed", "added", "builds"],
    ["Done! Fixed #12 and all tests pass.", "fixed", "tests-pass"],
    ["All unit tests pass but 2 integration tests fail", "tests-pass*"],
    ["Fixed the bug so all tests pass again; only src/a.ts was touched", "fixed", "tests-pass", "nothing-else"],
    ["Fixed the race (all tests pass) and bumped ws to 8.18.0", "fixed", "tests-pass", "dependency-updated"],
    ["fix: handle empty input and add tests", "fixed", "added"],
    ["Refactored the cart, no behaviour change, lint is clean", "no-regression", "lint-clean"],
    ["I fixed the date bug — all 12 tests pass, types are clean.", "fixed", "tests-pass", "types-clean"],
  ]);
});

describe("no claim of success", () => {
  const texts = [
    "",
    "   \n\t\n",
    "tests do not pass yet",
    "2 tests still fail",
    "40 passed, 2 failed",
    "40/42 tests pass",
    "Not all tests pass.",
    "The tests no longer pass",
    "I could not get the build to work",
    "I haven't fixed the crash",
    "The bug is not fixed",
    "I will run the tests",
    "Next, I'll fix the lint errors",
    "Run `npm test` to verify",
    "Please check that the build passes",
    "You can now run `npm start`",
    "Make sure the tests pass before merging",
    "if the tests pass",
    "If the tests pass, merge this.",
    "Once lint is clean we can ship",
    "the bug was that the date was wrong",
    "The problem is that the build fails",
    "Previously all tests passed",
    "Before this change the server started fine",
    "Tests were failing because of a missing mock",
    "Could you check whether lint passes?",
    "Do all tests pass now?",
    "I tried to fix the crash",
    "The tests might pass now",
    "I checked whether the build passes",
    "This still needs to be fixed",
    "You asked me to fix the crash in the parser",
    "I looked at the file",
    "Here is a summary:",
    "- [ ] all tests pass",
    "~~All tests pass~~",
    "❌ Tests pass",
    "> all tests pass",
    "```\n42 passed\nall tests pass\n```",
    "## Next steps\n- Fix the lint errors\n- Add tests",
    "Root cause: the cache was never cleared",
    "Working on fixing the build",
    "Co-authored-by: Fix Tests <all-tests@pass.dev>",
    "TODO: fix the build",
    "We should add tests for this",
    "The fix is to clear the cache",
    "The fix doesn't work",
    "The API is not backwards compatible",
    "No regression tests were added",
    "Neither lint nor types pass",
    "This means that the tests will pass",
    "The function passes the tests array to the runner",
    "It starts with a letter",
    "Tests are still running",
    "Tests: not run",
    "Alle Tests sind grün und der Fehler ist behoben",
    "Der Bug ist fix und fertig",
    "Tous les tests sont OK et le build est clean",
    "Todos los tests pasan",
    "テストはすべて通ります",
  ];
  for (const text of texts)
    test(text.slice(0, 100) || "(empty)", () => assert.deepEqual(splitClaims(text), [NO_CLAIM]));
});

describe("done, and nothing more", () => {
  for (const text of [
    "Done!",
    "All finished",
    "I've implemented the requested changes.",
    "implemented the task",
    "✅ Done",
  ])
    test(text, () => {
      const [only, ...more] = splitClaims(text);
      assert.equal(more.length, 0);
      assert.equal(only?.kind, "no-regression");
      assert.equal(only.text, text.replace(/^✅ |[.!]$/g, ""));
    });
});

test("each claim's text is the shortest clause that stands alone", () => {
  const textsOf = (text: string) => splitClaims(text).map((claim) => claim.text);
  assert.deepEqual(textsOf("Fixed the crash in parser.ts, added tests and the build is green."), [
    "Fixed the crash in parser.ts",
    "added tests",
    "the build is green",
  ]);
  assert.deepEqual(textsOf("**Tests**: 42 passed\n**Build**: ✅ ok"), ["Tests: 42 passed", "Build: ok"]);
  assert.deepEqual(textsOf("- [x] tests pass\n- [ ] docs updated"), ["tests pass"]);
});

test("a claim says what it is about: words, files and names", () => {
  const [fixed] = splitClaims("Fixed the crash of `parseDate()` in `./src/date.ts:12` on empty input (#12)");
  assert.deepEqual(fixed, {
    text: "Fixed the crash of parseDate() in ./src/date.ts:12 on empty input (#12)",
    kind: "fixed",
    about: ["crash", "parsedate", "src/date.ts", "empty", "input", "#12"],
    files: ["src/date.ts"],
    names: ["parseDate"],
  });
  const [only] = splitClaims("Only changed src/a.ts and [the helper](lib/helper.js); Node.js stays.");
  assert.deepEqual(only?.files, ["src/a.ts", "lib/helper.js"]);
  const [added] = splitClaims("Added snake_case and cart.addItem(1) for camelCase keys on GitHub");
  assert.deepEqual(added?.names, ["snake_case", "cart.addItem", "camelCase"]);
  assert.deepEqual(splitClaims("fixed the failing tests")[0]?.about, ["failing", "tests"]);
  assert.deepEqual(splitClaims("All 42 tests pass")[0]?.about, ["42"]);
  assert.deepEqual(splitClaims("the parser tests pass")[0]?.about, ["parser"]);
});

test("a dependency has its name and version", () => {
  const of = (text: string) => splitClaims(text)[0]?.dependency;
  assert.deepEqual(of("bumped lodash to 4.17.21"), { name: "lodash", version: "4.17.21" });
  assert.deepEqual(of("chore(deps): bump x from 1 to 2"), { name: "x", version: "2" });
  assert.deepEqual(of("upgraded React to v19"), { name: "react", version: "19" });
  assert.deepEqual(of("Bump `@types/node` from 22.0.0 to 24.1.0."), { name: "@types/node", version: "24.1.0" });
  assert.deepEqual(of("`lodash` was updated to 4.17.21"), { name: "lodash", version: "4.17.21" });
});

test("the last message of an agent: headings, lists, tables, fences, hedges", () => {
  const message = `I've looked at the failing date tests and found the problem.

## Root cause
The \`formatDate\` function was using local time, so all tests passed only in UTC.

## Changes
- \`src/date.ts\` – fixed the off-by-one in \`formatDate\`
- **\`src/date.test.ts\`**: added 3 regression tests
- No other files were touched.

\`\`\`
$ npm test
# pass 42
\`\`\`

## Verification
| Check | Result |
|-------|--------|
| Tests | ✅ 42 passed |
| Lint  | ✅ clean |
| Types | ❌ not run |

The build should also pass now, although I could not run it.

### Next steps
1. Run \`npm run build\`
2. Fix the type errors

Let me know if you'd like me to add more tests!`;
  assert.deepEqual(kindsOf(message), ["fixed", "added", "nothing-else", "tests-pass", "lint-clean", "builds"]);
  assert.deepEqual(splitClaims(message)[0]?.files, ["src/date.ts"]);
});

test("a pull request's template: ticked boxes are claims, hints and trailers are not", () => {
  const body = `fix(parser): stop reading after the closing bracket

<!-- Describe how the tests pass and what you fixed -->
The parser went on past the end of an array, which made nested
lists throw. It now returns the list that was read so far and
leaves the rest alone.

## Checklist
- [x] I have added tests that prove my fix
- [x] All tests pass
- [ ] Lint is clean

Fixes #41
Co-authored-by: A B <a@b.c>
🤖 Generated with [Some Agent](https://example.com)`;
  assert.deepEqual(kindsOf(body), ["fixed", "fixed", "added", "tests-pass", "fixed"]);
});

test("a changelog's sections say what its items are", () => {
  assert.deepEqual(kindsOf("### Added\n- `--json` flag\n\n### Fixed\n- crash on empty input\n"), ["added", "fixed"]);
});

test("equal claims are one, and there are at most 20", () => {
  assert.deepEqual(kindsOf("All tests pass.\n\nThe full suite is green.\n- [x] all tests pass"), ["tests-pass"]);
  const many = Array.from({ length: 60 }, (_, index) => `- Documented a${index}\n- Fixed bug #${index}`).join("\n");
  const claims = splitClaims(many);
  assert.equal(claims.length, 20);
  assert.ok(claims.every(({ kind }) => kind === "fixed"));
});

test("escapes, controls, bidi marks, HTML and Markdown are not in a claim's text", () => {
  const [claim] = splitClaims(
    "\u001b[31m\u202eFixed\u202c\u001b[0m the \u0000<b onclick='x'>crash</b>\u0007 in **`a.ts`**\u200b",
  );
  assert.equal(claim?.text, "Fixed the crash in a.ts");
  assert.equal(splitClaims('Fixed the "no `id` given" error')[0]?.text, 'Fixed the "no id given" error');
  assert.equal(splitClaims(`Fixed ${"very ".repeat(200)}bad crash`)[0]?.text.length, 300);
});

test("the same text gives the same claims", () => {
  const text = "Fixed #1, all tests pass and 2x faster";
  assert.deepEqual(splitClaims(text), splitClaims(text));
});

describe("a megabyte of anything takes less than a second", () => {
  const units = [
    "a",
    " ",
    "`",
    "*",
    "_",
    "[",
    "](",
    "<",
    "<!--",
    "<b ",
    "\u001b[",
    "\u001b]",
    "#",
    "|",
    "- ",
    "```\n",
    "\n",
    ":",
    "(",
    ")",
    '"',
    "'",
    ".",
    ". ",
    ", ",
    " and ",
    "/",
    "a/",
    "a.",
    "a_",
    "A1",
    "0",
    "1.",
    "\u202e",
    "\u{1F600}",
    "é",
    "\ud800",
    "~~",
    "tests pass ",
    "All tests pass. ",
    "no ",
    "no errors ",
    "fixed ",
    "fixed the a, ",
    "tests and ",
    "without behaviour ",
    "only changed ",
    "is ",
    "now ",
    "the ",
    "if ",
    "bump a to ",
    "no lint or type ",
    "- [x] tests pass\n",
    "the a a a tests b ",
    "\ue000",
    "foo(",
    "a@",
    "https://",
    "was ",
    "✅",
    "to be ",
  ];
  for (const unit of units)
    test(JSON.stringify(unit), () => {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000);
      const start = performance.now();
      const claims = splitClaims(text);
      const took = performance.now() - start;
      assert.ok(took < 1000, `${Math.round(took)} ms`);
      assert.ok(claims.length >= 1 && claims.length <= 20);
      for (const claim of claims) {
        assert.ok(claim.text.length <= 300);
        assert.doesNotMatch(claim.text, /[\p{Cc}\p{Cf}\p{Co}]/u);
      }
    });
});
