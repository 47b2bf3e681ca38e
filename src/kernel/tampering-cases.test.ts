import assert from "node:assert/strict";
import { test } from "node:test";
import { readCases } from "./tampering-cases.ts";

const table: readonly [path: string, text: string, titles: readonly string[]][] = [
  [
    "a.test.ts",
    'describe("a", () => {\n  it("b", () => {});\n  it.each([1, 2])("c %i", (n) => {});\n  it.each`\n    n\n    ${1}\n  `("d", () => {});\n});\n',
    ["a", "b", "c %i", "d"],
  ],
  [
    "a.test.js",
    'test(`x ${y}`, async function () {});\nt.test("sub", (t) => {});\nDeno.test({ name: "z", fn() {} });\n',
    ["x ${y}", "sub", "z"],
  ],
  [
    "a.test.js",
    '// it("no", () => {})\nconst s = "it(\'no\', () => {})";\nconst r = /it\\("no"/.test("it(");\nbeforeEach(() => {});\n',
    [],
  ],
  [
    "test_a.py",
    "class TestA:\n    def test_b(self):\n        pass\n\n    def helper(self):\n        pass\n\n\nasync def test_c():\n    pass\n",
    ["TestA", "test_b", "test_c"],
  ],
  [
    "a_test.go",
    'func TestA(t *testing.T) {\n\tt.Run("b", func(t *testing.T) {})\n}\nfunc other() {}\n',
    ["TestA", "b"],
  ],
  ["src/a.rs", "#[test]\nfn a() {}\n#[tokio::test]\nasync fn b() {}\nfn c() {}\n", ["a", "b"]],
  [
    "spec/a_spec.rb",
    'describe A do\n  it "b" do\n  end\n  it { is_expected.to be_ok }\nend\n',
    ["describe A do", "b", "it { is_expected.to be_ok }"],
  ],
  [
    "src/test/java/ATest.java",
    "class ATest {\n  @Test\n  void a() throws Exception {\n  }\n\n  @Test @Timeout(5)\n  void b() { }\n\n  void c() { }\n}\n",
    ["ATest", "a", "b"],
  ],
  ["ATests.swift", "class ATests: XCTestCase {\n  func testA() {\n  }\n}\n", ["ATests", "testA"]],
];

test("cases and groups are read by place in every language", () => {
  for (const [path, text, titles] of table)
    assert.deepEqual(
      readCases(path, text).map((one) => one.title),
      titles,
      path,
    );
});

test("a mark on a group holds for its cases, a body has its bounds", () => {
  const text = 'describe.skip("a", () => {\n  it("b", () => {\n    expect(1);\n  });\n});\n';
  const [, inner] = readCases("a.test.ts", text);
  assert.equal(inner?.skipped?.how, "describe.skip");
  assert.equal(text.slice(inner?.bodyStart, inner?.bodyEnd).trim(), "expect(1);");
});
