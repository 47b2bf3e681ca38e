/** Files of tiny repositories that need no package: a Procfile starts them and a Makefile tests them. */

const TESTS = `
const test = require("node:test");
const assert = require("node:assert/strict");
test("adds", () => assert.equal(1 + 1, 2));
test("joins", () => assert.equal("a" + "b", "ab"));
`;

/** Tests with node:test, run by \`make test\`. */
export function tested(code: string = TESTS): Record<string, string> {
  return { Makefile: ".PHONY: test\ntest:\n\tnode --test\n", "sums.test.js": code };
}

/** A web service that answers "hello"; `before` runs first. */
export function served(before = ""): Record<string, string> {
  return {
    Procfile: "web: node server.js\n",
    "server.js": `${before}
const http = require("node:http");
const server = http.createServer((request, response) => response.end("hello\\n"));
server.listen(process.env.PORT, () => console.log("listening"));
`,
  };
}

/** A web service whose whole program is `code`. */
export function program(code: string, files: Record<string, string> = {}): Record<string, string> {
  return { Procfile: "web: node server.js\n", "server.js": code, ...files };
}
