import type { Parser } from "../../sdk/index.ts";

/** Points that failed as node-tap, mocha, ava and vitest write them. */
export const FAILURES: Parser["examples"] = [
  {
    name: "node-tap 16: a diff and an error that was thrown",
    input: {
      command: "tap -R tap",
      output: `TAP version 13
# Subtest: cart
    not ok 1 - keeps items
      ---
      diff: |
        --- expected
        +++ actual
        -  "pot",
        +  "cup",
      at:
        line: 4
        column: 5
        file: cart.test.js
        type: Test
      stack: |
        Test.<anonymous> (cart.test.js:4:5)
      source: |
        t.same(["cup"], ["pot"], "keeps items");
      ...
    not ok 2 - no price list
      ---
      stack: |
        load (node_modules/prices/index.js:2:1)
        Test.<anonymous> (cart.test.js:7:31)
      type: TypeError
      tapCaught: testFunctionThrow
      ...
    1..2
not ok 1 - cart # time=29.931ms
1..1
`,
      exit: 1,
    },
    gives: {
      tests: { passed: 0, failed: 2, skipped: 0 },
      cases: [
        {
          name: "cart > keeps items",
          verdict: "fail",
          file: "cart.test.js",
          line: 4,
          message: '--- expected\n+++ actual\n-  "pot",\n+  "cup",',
        },
        {
          name: "cart > no price list",
          verdict: "fail",
          file: "cart.test.js",
          line: 7,
          message: "TypeError: no price list",
        },
      ],
    },
  },
  {
    name: "mocha, ava and vitest",
    input: {
      command: "npm test",
      output: `1..4
not ok 1 Cart adds up
  Expected values to be strictly equal:
  
  2 !== 3
  
  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:
  
  2 !== 3
  
      at Context.<anonymous> (cart.test.js:4:32)
      at process.processImmediate (node:internal/timers:574:21)
not ok 2 - loads
  ---
    name: AssertionError
    details:
      'Error thrown in test:': |-
        TypeError {
          message: 'no price list',
        }
    message: Error thrown in test
    at: 'total (file:///repo/total.mjs:2:9)'
  ...
not ok 3 - cart.test.js > adds up # time=12.86ms
    ---
    error:
        name: "AssertionError"
        message: "expected 2 to be 3 // Object.is equality"
    at: "/repo/cart.test.js:4:41"
    actual: "2"
    expected: "3"
    ...
not ok 4 - cart.test.js > keeps # time=2.15ms
    ---
    error:
        name: "AssertionError"
        message: "expected [ 'cup' ] to deeply equal [ 'pot' ]"
    at: "/repo/cart.test.js:5:65"
    actual: "[
  \\"cup\\",
]"
    expected: "[
  \\"pot\\",
]"
    ...
`,
      exit: 1,
    },
    gives: {
      tests: { passed: 0, failed: 4, skipped: 0 },
      cases: [
        {
          name: "Cart adds up",
          verdict: "fail",
          file: "cart.test.js",
          line: 4,
          message: "Expected values to be strictly equal:\n\n2 !== 3",
        },
        { name: "loads", verdict: "fail", file: "total.mjs", line: 2, message: "Error thrown in test" },
        {
          name: "cart.test.js > adds up",
          verdict: "fail",
          file: "cart.test.js",
          line: 4,
          message: "expected 2 to be 3 // Object.is equality\nexpected: 3\nactual: 2",
        },
        {
          name: "cart.test.js > keeps",
          verdict: "fail",
          line: 5,
          message: "expected [ 'cup' ] to deeply equal [ 'pot' ]\nexpected: [\n  \"pot\",\n]\nactual: [\n  \"cup\",\n]",
        },
      ],
    },
  },
];
