import type { Parser } from "../../sdk/index.ts";

/** Reports with failures as Node 20 and 24 print them. */
export const FAILURES: Parser["examples"] = [
  {
    name: "what failed, and where: values, a diff, an error of a helper, a time limit, a hook",
    input: {
      command: "node --test",
      output: `✖ price of two (2.02ms)
✖ cart (1.02ms)
✖ loads (0.07ms)
✖ hangs (50.19ms)
✖ stock (0.3ms)
▶ torn down
  ✔ green inside (0.04ms)
✖ torn down (0.42ms)
ℹ tests 6
ℹ suites 1
ℹ pass 1
ℹ fail 4
ℹ cancelled 1
ℹ skipped 0
ℹ todo 0
ℹ duration_ms 358.5

✖ failing tests:

test at shop/cart.test.mjs:3:1
✖ price of two (2.02ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
  
  2 !== 3
  
      at TestContext.<anonymous> (file:///repo/shop/cart.test.mjs:4:10)
      at Test.runInAsyncScope (node:async_hooks:227:14) {
    generatedMessage: true,
    code: 'ERR_ASSERTION',
    actual: 2,
    expected: 3,
    operator: 'strictEqual',
    diff: 'simple'
  }

test at shop/cart.test.mjs:6:1
✖ cart (1.02ms)
  AssertionError [ERR_ASSERTION]: Expected values to be strictly deep-equal:
  + actual - expected
  
    [
      'tea',
  +   'cup'
  -   'pot'
    ]
  
      at TestContext.<anonymous> (file:///repo/shop/cart.test.mjs:7:10)

test at shop/cart.test.mjs:12:1
✖ loads (0.07ms)
  TypeError: no price list
      at parse (/repo/node_modules/prices/index.js:2:9)
      at load (file:///repo/shop/prices.mjs:10:9)
      at TestContext.<anonymous> (file:///repo/shop/cart.test.mjs:12:24)

test at shop/cart.test.mjs:13:1
✖ hangs (50.19ms)
  'test timed out after 50ms'

test at shop/cart.test.mjs:14:1
✖ stock (0.3ms)
  AssertionError [ERR_ASSERTION]: stock differs
      at TestContext.<anonymous> (file:///repo/shop/cart.test.mjs:14:39) {
    generatedMessage: false,
    code: 'ERR_ASSERTION',
    actual: 1,
    expected: 2,
    operator: 'strictEqual',
    diff: 'simple'
  }

test at shop/cart.test.mjs:25:1
✖ torn down (0.42ms)
  Error: after broke
      at SuiteContext.<anonymous> (file:///repo/shop/cart.test.mjs:26:23)
      at TestHook.runInAsyncScope (node:async_hooks:227:14)
`,
      exit: 1,
    },
    gives: {
      tests: { passed: 1, failed: 5, skipped: 0 },
      cases: [
        {
          name: "price of two",
          verdict: "fail",
          file: "shop/cart.test.mjs",
          line: 4,
          message: "Expected values to be strictly equal:\n\n2 !== 3",
        },
        {
          name: "cart",
          verdict: "fail",
          line: 7,
          message:
            "Expected values to be strictly deep-equal:\n+ actual - expected\n\n  [\n    'tea',\n+   'cup'\n-   'pot'\n  ]",
        },
        { name: "loads", verdict: "fail", file: "shop/prices.mjs", line: 10, message: "TypeError: no price list" },
        { name: "hangs", verdict: "fail", line: 13, message: "test timed out after 50ms" },
        { name: "stock", verdict: "fail", line: 14, message: "stock differs\nactual: 1\nexpected: 2" },
        { name: "torn down > green inside", verdict: "pass" },
        { name: "torn down", verdict: "fail", line: 26, message: "Error: after broke" },
      ],
    },
  },
  {
    name: "Node 20: failures in the tree too, files by their whole path, one that ended by itself beside green ones",
    input: {
      command: "node --test",
      output: `✖ adds (9.69ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.<anonymous> (file:///repo/a.test.mjs:4:10)

✔ fine (0.70ms)
✔ late (1.39ms)
ℹ Error: Test "late" at late.test.mjs:2:1 generated asynchronous activity after the test ended.
✖ /repo/late.test.mjs (150.03ms)
  'test failed'

file:///repo/broken.test.mjs:3
const = 1;
      ^

SyntaxError: Unexpected token '='
    at compileSourceTextModule (node:internal/modules/esm/utils:337:16)

Node.js v20.20.2
✖ /repo/broken.test.mjs (121.75ms)
  'test failed'

ℹ tests 5
ℹ suites 0
ℹ pass 2
ℹ fail 3
ℹ cancelled 0
ℹ skipped 0
ℹ todo 0
ℹ duration_ms 291.7

✖ failing tests:

test at a.test.mjs:3:1
✖ adds (9.69ms)
  AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.<anonymous> (file:///repo/a.test.mjs:4:10)

test at late.test.mjs:1:1
✖ /repo/late.test.mjs (150.03ms)
  'test failed'

test at broken.test.mjs:1:1
✖ /repo/broken.test.mjs (121.75ms)
  'test failed'
`,
      exit: 1,
    },
    gives: {
      tests: { passed: 2, failed: 3, skipped: 0 },
      cases: [
        { name: "adds", verdict: "fail", file: "a.test.mjs", line: 4, message: "1 == 2" },
        {
          name: "/repo/late.test.mjs",
          verdict: "fail",
          message: 'Error: Test "late" at late.test.mjs:2:1 generated asynchronous activity after the test ended.',
        },
        {
          name: "/repo/broken.test.mjs",
          verdict: "fail",
          file: "broken.test.mjs",
          line: 3,
          message: "SyntaxError: Unexpected token '='",
        },
      ],
      doubts: ["/repo/late.test.mjs crashed", "/repo/broken.test.mjs crashed"],
    },
  },
];
