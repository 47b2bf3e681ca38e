import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ChangedFile, Tampering } from "../sdk/index.ts";
import { findTampering, isRunnerConfig, isTestFile } from "./tampering.ts";

type Row = readonly [name: string, path: string, before: string, after: string, kind?: Tampering["kind"]];

/** One test of JavaScript around a body. */
function js(body: string, title = "adds", call = "test"): string {
  return `import { add } from "./add.js";\n\n${call}("${title}", async () => {\n  ${body}\n});\n`;
}

function py(body: string, head = "def test_adds():"): string {
  return `from shop import add\n\n\n${head}\n    ${body.replaceAll("\n", "\n    ")}\n`;
}

const go = (body: string) =>
  `package shop\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n\t${body}\n}\n\nfunc helper() int { return 1 }\n`;
const rust = (body: string, marks = "#[test]") =>
  `pub fn add(a: i32, b: i32) -> i32 { a + b }\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    ${marks}\n    fn adds() {\n        ${body}\n    }\n}\n`;
const java = (body: string, marks = "@Test") => `class AddTest {\n  ${marks}\n  void adds() {\n    ${body}\n  }\n}\n`;
const ruby = (body: string, call = "it") => `describe Add do\n  ${call} "adds" do\n    ${body}\n  end\nend\n`;
const scripts = (all: Record<string, string>, more: object = {}) =>
  JSON.stringify({ name: "shop", scripts: all, ...more }, undefined, 2);
const workflow = (steps: string, on = "on: [push, pull_request]") =>
  `name: ci\n${on}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n${steps}`;

/** Changes on which a green result proves nothing. */
const LOOSENS: readonly Row[] = [
  // Deleted.
  [
    "a case is gone",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);") + js("expect(add(0, 0)).toBe(0);", "adds nothing"),
    js("expect(add(1, 2)).toBe(3);"),
    "test-deleted",
  ],
  [
    "a Python case is gone",
    "test_add.py",
    py("assert add(1, 2) == 3") + py("assert add(0, 0) == 0", "def test_zero():"),
    py("assert add(1, 2) == 3"),
    "test-deleted",
  ],
  [
    "a Go test is gone",
    "add_test.go",
    go("if add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}"),
    "package shop\n",
    "test-deleted",
  ],
  [
    "a Rust test is gone",
    "src/add.rs",
    rust("assert_eq!(add(1, 2), 3);"),
    "pub fn add(a: i32, b: i32) -> i32 { a + b }\n",
    "test-deleted",
  ],
  [
    "a Java test is gone",
    "src/test/java/AddTest.java",
    java("assertEquals(3, add(1, 2));"),
    "class AddTest {\n}\n",
    "test-deleted",
  ],
  [
    "a PHP test is gone",
    "tests/AddTest.php",
    "<?php\nclass AddTest extends TestCase {\n  public function testAdds(): void {\n    $this->assertSame(3, add(1, 2));\n  }\n}\n",
    "<?php\nclass AddTest extends TestCase {\n}\n",
    "test-deleted",
  ],
  [
    "a Ruby example is gone",
    "spec/add_spec.rb",
    ruby("expect(add(1, 2)).to eq(3)"),
    "describe Add do\nend\n",
    "test-deleted",
  ],
  [
    "an Elixir test is gone",
    "test/add_test.exs",
    'defmodule AddTest do\n  test "adds" do\n    assert add(1, 2) == 3\n  end\nend\n',
    "defmodule AddTest do\nend\n",
    "test-deleted",
  ],
  [
    "a subtest of Go is gone",
    "add_test.go",
    go(
      't.Run("zero", func(t *testing.T) {\n\t\tif add(0, 0) != 0 {\n\t\t\tt.Fatal(1)\n\t\t}\n\t})\n\tt.Run("one", func(t *testing.T) { check(t) })',
    ),
    go('t.Run("one", func(t *testing.T) { check(t) })'),
    "test-deleted",
  ],
  [
    "a case became a comment",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    '// test("adds", async () => {\n//   expect(add(1, 2)).toBe(3);\n// });\n',
    "test-skipped",
  ],
  // Skipped.
  [
    "test.skip",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);", "adds", "test.skip"),
    "test-skipped",
  ],
  [
    "xit",
    "add.spec.ts",
    js("expect(add(1, 2)).toBe(3);", "adds", "it"),
    js("expect(add(1, 2)).toBe(3);", "adds", "xit"),
    "test-skipped",
  ],
  ["test.todo", "add.test.js", js("expect(add(1, 2)).toBe(3);"), 'test.todo("adds");\n', "test-skipped"],
  [
    "it.fails",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);", "adds", "it"),
    js("expect(add(1, 2)).toBe(3);", "adds", "it.fails"),
    "test-skipped",
  ],
  [
    "skip as an option",
    "add.test.js",
    'test("adds", () => {\n  assert.equal(add(1, 2), 3);\n});\n',
    'test("adds", { skip: true }, () => {\n  assert.equal(add(1, 2), 3);\n});\n',
    "test-skipped",
  ],
  [
    "t.skip() in the body",
    "add.test.js",
    'test("adds", (t) => {\n  assert.equal(add(1, 2), 3);\n});\n',
    'test("adds", (t) => {\n  t.skip();\n  assert.equal(add(1, 2), 3);\n});\n',
    "test-skipped",
  ],
  [
    "this.skip() in the body",
    "test/add.js",
    'it("adds", function () {\n  assert.equal(add(1, 2), 3);\n});\n',
    'it("adds", function () {\n  this.skip();\n  assert.equal(add(1, 2), 3);\n});\n',
    "test-skipped",
  ],
  [
    "a skipped group around",
    "add.test.js",
    'describe("add", () => {\n  it("adds", () => {\n    expect(add(1, 2)).toBe(3);\n  });\n});\n',
    'describe.skip("add", () => {\n  it("adds", () => {\n    expect(add(1, 2)).toBe(3);\n  });\n});\n',
    "test-skipped",
  ],
  [
    "skipIf(true)",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);", "adds", "test.skipIf(true)"),
    "test-skipped",
  ],
  [
    "an early return",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("return;\n  expect(add(1, 2)).toBe(3);"),
    "test-skipped",
  ],
  [
    "a return on CI",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("if (process.env.CI) return;\n  expect(add(1, 2)).toBe(3);"),
    "test-skipped",
  ],
  [
    "a return on CI in braces",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("if (process.env.CI) {\n    return;\n  }\n  expect(add(1, 2)).toBe(3);"),
    "test-skipped",
  ],
  [
    "a commented body",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("// expect(add(1, 2)).toBe(3);"),
    "test-skipped",
  ],
  [
    "pytest.mark.skip",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 3", '@pytest.mark.skip(reason="later")\ndef test_adds():'),
    "test-skipped",
  ],
  [
    "pytest.mark.xfail",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 3", "@pytest.mark.xfail\ndef test_adds():"),
    "test-skipped",
  ],
  [
    "unittest.skip",
    "tests/test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 3", '@unittest.skip("later")\ndef test_adds():'),
    "test-skipped",
  ],
  [
    "pytestmark for a module",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    `pytestmark = pytest.mark.skip\n${py("assert add(1, 2) == 3")}`,
    "test-skipped",
  ],
  [
    "pytest.skip() in the body",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py('pytest.skip("later")\nassert add(1, 2) == 3'),
    "test-skipped",
  ],
  [
    "self.skipTest",
    "test_add.py",
    "class TestAdd(TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n",
    'class TestAdd(TestCase):\n    def test_adds(self):\n        self.skipTest("x")\n        self.assertEqual(add(1, 2), 3)\n',
    "test-skipped",
  ],
  [
    "a return in Python",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("return\nassert add(1, 2) == 3"),
    "test-skipped",
  ],
  [
    "t.Skip",
    "add_test.go",
    go("if add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}"),
    go('t.Skip("flaky")\n\tif add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}'),
    "test-skipped",
  ],
  [
    "#[ignore]",
    "src/add.rs",
    rust("assert_eq!(add(1, 2), 3);"),
    rust("assert_eq!(add(1, 2), 3);", "#[test]\n    #[ignore]"),
    "test-skipped",
  ],
  [
    "@Disabled",
    "src/test/java/AddTest.java",
    java("assertEquals(3, add(1, 2));"),
    java("assertEquals(3, add(1, 2));", "@Disabled\n  @Test"),
    "test-skipped",
  ],
  [
    "Fact(Skip)",
    "Shop.Tests/AddTests.cs",
    "class AddTests {\n  [Fact]\n  public void Adds() {\n    Assert.Equal(3, Add(1, 2));\n  }\n}\n",
    'class AddTests {\n  [Fact(Skip = "later")]\n  public void Adds() {\n    Assert.Equal(3, Add(1, 2));\n  }\n}\n',
    "test-skipped",
  ],
  [
    "markTestSkipped",
    "tests/AddTest.php",
    "<?php\nclass AddTest extends TestCase {\n  public function testAdds(): void {\n    $this->assertSame(3, add(1, 2));\n  }\n}\n",
    "<?php\nclass AddTest extends TestCase {\n  public function testAdds(): void {\n    $this->markTestSkipped();\n    $this->assertSame(3, add(1, 2));\n  }\n}\n",
    "test-skipped",
  ],
  [
    "xit in Ruby",
    "spec/add_spec.rb",
    ruby("expect(add(1, 2)).to eq(3)"),
    ruby("expect(add(1, 2)).to eq(3)", "xit"),
    "test-skipped",
  ],
  [
    "pending in Ruby",
    "spec/add_spec.rb",
    ruby("expect(add(1, 2)).to eq(3)"),
    ruby("skip\n    expect(add(1, 2)).to eq(3)"),
    "test-skipped",
  ],
  [
    "@tag :skip",
    "test/add_test.exs",
    '  test "adds" do\n    assert add(1, 2) == 3\n  end\n',
    '  @tag :skip\n  test "adds" do\n    assert add(1, 2) == 3\n  end\n',
    "test-skipped",
  ],
  // Focused.
  [
    "test.only",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);") + js("expect(1).toBe(1);", "other"),
    js("expect(add(1, 2)).toBe(3);") + js("expect(1).toBe(1);", "other", "test.only"),
    "test-focused",
  ],
  [
    "fdescribe",
    "add.test.js",
    'describe("a", () => {\n  it("b", () => {\n    expect(c()).toBe(1);\n  });\n});\n',
    'fdescribe("a", () => {\n  it("b", () => {\n    expect(c()).toBe(1);\n  });\n});\n',
    "test-focused",
  ],
  [
    "fit in Ruby",
    "spec/add_spec.rb",
    ruby("expect(add(1, 2)).to eq(3)"),
    ruby("expect(add(1, 2)).to eq(3)", "fit"),
    "test-focused",
  ],
  // Assertions removed.
  [
    "one of two assertions",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);\n  expect(add(2, 2)).toBe(4);"),
    js("expect(add(1, 2)).toBe(3);"),
    "assertion-removed",
  ],
  ["an emptied body", "add.test.js", js("expect(add(1, 2)).toBe(3);"), js(""), "assertion-removed"],
  ["only a call is left", "add.test.js", js("expect(add(1, 2)).toBe(3);"), js("add(1, 2);"), "assertion-removed"],
  ["a body of pass", "test_add.py", py("assert add(1, 2) == 3"), py("pass"), "assertion-removed"],
  [
    "if (false)",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("if (false) {\n    expect(add(1, 2)).toBe(3);\n  }"),
    "assertion-removed",
  ],
  [
    "if False",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("if False:\n    assert add(1, 2) == 3"),
    "assertion-removed",
  ],
  [
    "a catch that swallows",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("try {\n    expect(add(1, 2)).toBe(3);\n  } catch {}"),
    "assertion-removed",
  ],
  [
    "an except that swallows",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("try:\n    assert add(1, 2) == 3\nexcept Exception:\n    pass"),
    "assertion-removed",
  ],
  [
    "suppress",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("with suppress(AssertionError):\n    assert add(1, 2) == 3"),
    "assertion-removed",
  ],
  [
    ".catch(() => {})",
    "add.test.js",
    js("await expect(add(1, 2)).resolves.toBe(3);"),
    js("await expect(add(1, 2)).resolves.toBe(3).catch(() => {});"),
  ],
  [
    "expect without matcher",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2));"),
    "assertion-removed",
  ],
  [
    "an empty helper in its place",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    `function expectSum() {}\n${js("expectSum(1, 2);")}`,
  ],
  [
    "a Go check is gone",
    "add_test.go",
    go("if add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}\n\tif add(0, 0) != 0 {\n\t\tt.Fatal(2)\n\t}"),
    go("if add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}"),
    "assertion-removed",
  ],
  [
    "a testify check is gone",
    "add_test.go",
    go("require.NoError(t, err)\n\trequire.Equal(t, 3, add(1, 2))"),
    go("require.NoError(t, err)"),
    "assertion-removed",
  ],
  [
    "a Rust check is gone",
    "tests/add.rs",
    "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n    assert_eq!(add(0, 0), 0);\n}\n",
    "#[test]\nfn adds() {\n    assert_eq!(add(1, 2), 3);\n}\n",
    "assertion-removed",
  ],
  [
    "a C# check is gone",
    "Shop.Tests/AddTests.cs",
    "class AddTests {\n  [Fact]\n  public void Adds() {\n    Assert.Equal(3, Add(1, 2));\n    Assert.True(Ok());\n  }\n}\n",
    "class AddTests {\n  [Fact]\n  public void Adds() {\n    Assert.True(Ok());\n  }\n}\n",
    "assertion-removed",
  ],
  [
    "a chai check is gone",
    "test/add.js",
    js("add(1, 2).should.equal(3);\n  add(0, 0).should.equal(0);"),
    js("add(1, 2).should.equal(3);"),
    "assertion-removed",
  ],
  // Assertions weakened.
  [
    "toBe became toBeDefined",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBeDefined();"),
    "assertion-weakened",
  ],
  [
    "toEqual became toBeTruthy",
    "add.test.js",
    js("expect(all()).toEqual([1, 2]);"),
    js("expect(all()).toBeTruthy();"),
    "assertion-weakened",
  ],
  [
    "toEqual became toContain",
    "add.test.js",
    js("expect(all()).toEqual([1, 2]);"),
    js("expect(all()).toContain(1);"),
    "assertion-weakened",
  ],
  [
    "toEqual(anything())",
    "add.test.js",
    js("expect(all()).toEqual([1, 2]);"),
    js("expect(all()).toEqual(expect.anything());"),
    "assertion-weakened",
  ],
  ["with itself", "add.test.js", js("expect(total).toBe(3);"), js("expect(total).toBe(total);"), "assertion-weakened"],
  [
    "with a constant",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(true).toBe(true);"),
    "assertion-weakened",
  ],
  [
    "strictEqual became ok",
    "add.test.js",
    js("assert.strictEqual(add(1, 2), 3);"),
    js("assert.ok(add(1, 2));"),
    "assertion-weakened",
  ],
  [
    "equal became notEqual",
    "add.test.js",
    js("assert.equal(add(1, 2), 3);"),
    js("assert.notEqual(add(1, 2), 4);"),
    "assertion-weakened",
  ],
  [
    "|| true",
    "add.test.js",
    js("assert.ok(add(1, 2) === 3);"),
    js("assert.ok(add(1, 2) === 3 || true);"),
    "assertion-weakened",
  ],
  ["assert True", "test_add.py", py("assert add(1, 2) == 3"), py("assert True"), "assertion-weakened"],
  [
    "== became is not None",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) is not None"),
    "assertion-weakened",
  ],
  ["== became in", "test_add.py", py("assert add(1, 2) == 3"), py("assert add(1, 2) in (3, 4)"), "assertion-weakened"],
  ["or True", "test_add.py", py("assert add(1, 2) == 3"), py("assert add(1, 2) == 3 or True"), "assertion-weakened"],
  [
    "assertEqual became assertIsNotNone",
    "test_add.py",
    py("self.assertEqual(add(1, 2), 3)"),
    py("self.assertIsNotNone(add(1, 2))"),
    "assertion-weakened",
  ],
  [
    "assertEquals became assertNotNull",
    "src/test/java/AddTest.java",
    java("assertEquals(3, add(1, 2));"),
    java("assertNotNull(add(1, 2));"),
    "assertion-weakened",
  ],
  [
    "assertSame became assertTrue",
    "tests/AddTest.php",
    "<?php\nclass AddTest extends TestCase {\n  public function testAdds(): void {\n    $this->assertSame(3, add(1, 2));\n  }\n}\n",
    "<?php\nclass AddTest extends TestCase {\n  public function testAdds(): void {\n    $this->assertTrue(true);\n  }\n}\n",
    "assertion-weakened",
  ],
  [
    "assert_eq! became assert!",
    "src/add.rs",
    rust("assert_eq!(add(1, 2), 3);"),
    rust("assert!(add(1, 2) > 0);"),
    "assertion-weakened",
  ],
  [
    "eq became be_truthy",
    "spec/add_spec.rb",
    ruby("expect(add(1, 2)).to eq(3)"),
    ruby("expect(add(1, 2)).to be_truthy"),
    "assertion-weakened",
  ],
  [
    "fewer digits",
    "add.test.js",
    js("expect(pi()).toBeCloseTo(3.14159, 5);"),
    js("expect(pi()).toBeCloseTo(3.14159, 1);"),
    "assertion-weakened",
  ],
  [
    "a wider approx",
    "test_add.py",
    py("assert pi() == pytest.approx(3.14, abs=0.01)"),
    py("assert pi() == pytest.approx(3.14, abs=1)"),
    "assertion-weakened",
  ],
  [
    "a wider delta",
    "src/test/java/AddTest.java",
    java("assertEquals(3.14, pi(), 0.001);"),
    java("assertEquals(3.14, pi(), 1.0);"),
    "assertion-weakened",
  ],
  [
    "a pattern for everything",
    "add.test.js",
    js("expect(name()).toMatch(/^Ada$/);"),
    js("expect(name()).toMatch(/.*/);"),
    "assertion-weakened",
  ],
  [
    "any error",
    "add.test.js",
    js("expect(() => add()).toThrow(TypeError);"),
    js("expect(() => add()).toThrow();"),
    "assertion-weakened",
  ],
  [
    "pytest.raises(Exception)",
    "test_add.py",
    py("with pytest.raises(ValueError):\n    add()"),
    py("with pytest.raises(Exception):\n    add()"),
    "assertion-weakened",
  ],
  [
    "assert.throws without its kind",
    "add.test.js",
    js("assert.throws(() => add(), TypeError);"),
    js("assert.throws(() => add());"),
    "assertion-weakened",
  ],
  [
    "calls are no longer counted",
    "add.test.js",
    js("expect(send).toHaveBeenCalledTimes(1);"),
    js("expect(send).toHaveBeenCalled();"),
    "assertion-weakened",
  ],
  [
    "nobody waits",
    "add.test.js",
    js("await expect(add()).rejects.toThrow(TypeError);"),
    js("expect(add()).rejects.toThrow(TypeError);"),
    "assertion-weakened",
  ],
  [
    "a lower minimum",
    "add.test.js",
    js("expect(all().length).toBeGreaterThan(10);"),
    js("expect(all().length).toBeGreaterThan(1);"),
    "assertion-weakened",
  ],
  // Commands.
  ["|| true in a script", "package.json", scripts({ test: "jest" }), scripts({ test: "jest || true" }), "exit-hidden"],
  [
    "; exit 0 in a script",
    "package.json",
    scripts({ lint: "eslint ." }),
    scripts({ lint: "eslint .; exit 0" }),
    "exit-hidden",
  ],
  [
    "--passWithNoTests",
    "package.json",
    scripts({ test: "jest" }),
    scripts({ test: "jest --passWithNoTests" }),
    "command-changed",
  ],
  ["echo for a runner", "package.json", scripts({ test: "jest" }), scripts({ test: "echo ok" }), "command-changed"],
  [
    "another program for a runner",
    "package.json",
    scripts({ test: "jest" }),
    scripts({ test: "node scripts/ok.js" }),
    "command-changed",
  ],
  [
    "fewer files",
    "package.json",
    scripts({ test: "node --test src/ test/" }),
    scripts({ test: "node --test test/add.test.js" }),
    "command-changed",
  ],
  [
    "--testPathIgnorePatterns",
    "package.json",
    scripts({ test: "jest" }),
    scripts({ test: "jest --testPathIgnorePatterns add" }),
    "command-changed",
  ],
  [
    "the type check left the chain",
    "package.json",
    scripts({ check: "tsc --noEmit && eslint ." }),
    scripts({ check: "eslint ." }),
    "command-changed",
  ],
  [
    "a script that is gone",
    "package.json",
    scripts({ test: "jest", start: "node ." }),
    scripts({ start: "node ." }),
    "command-changed",
  ],
  [
    "a pretest that rewrites snapshots",
    "package.json",
    scripts({ test: "jest" }),
    scripts({ pretest: "jest -u", test: "jest" }),
    "command-changed",
  ],
  [
    "more warnings",
    "package.json",
    scripts({ lint: "eslint --max-warnings 0 ." }),
    scripts({ lint: "eslint --max-warnings 50 ." }),
    "threshold-loosened",
  ],
  ["|| true in a Makefile", "Makefile", "test:\n\tpytest\n", "test:\n\tpytest || true\n", "exit-hidden"],
  ["a dash in a Makefile", "Makefile", "test:\n\tpytest\n", "test:\n\t-pytest\n", "exit-hidden"],
  [
    "-run in a Makefile",
    "Makefile",
    "test:\n\tgo test ./...\n",
    "test:\n\tgo test -run TestAdd ./...\n",
    "command-changed",
  ],
  [
    "-k in tox",
    "tox.ini",
    "[testenv]\ncommands =\n    pytest tests\n",
    '[testenv]\ncommands =\n    pytest tests -k "not add"\n',
    "command-changed",
  ],
  ["a justfile target of nothing", "justfile", "test:\n    cargo test\n", "test:\n    true\n", "command-changed"],
  // Ends of runs.
  [
    "process.exit(0)",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    `${js("expect(add(1, 2)).toBe(3);")}after(() => process.exit(0));\n`,
    "exit-hidden",
  ],
  [
    "process.exitCode = 0 in a setup",
    "vitest.setup.ts",
    "export function teardown() {}\n",
    "export function teardown() {\n  process.exitCode = 0;\n}\n",
    "exit-hidden",
  ],
  ["os._exit(0)", "conftest.py", "import os\n", "import os\n\n\ndef teardown():\n    os._exit(0)\n", "exit-hidden"],
  ["another it", "test/setup.js", "", "globalThis.it = () => {};\n", "exit-hidden"],
  [
    "another toBe",
    "test/setup.js",
    "",
    "expect.extend({\n  toBe() {\n    return { pass: true };\n  },\n});\n",
    "exit-hidden",
  ],
  [
    "a hook of pytest",
    "conftest.py",
    "import pytest\n",
    "import pytest\n\n\ndef pytest_runtest_makereport(item, call):\n    return None\n",
    "exit-hidden",
  ],
  // Configuration.
  [
    "fewer test patterns",
    "jest.config.js",
    'module.exports = { testMatch: ["**/*.test.js", "**/*.spec.js"] };\n',
    'module.exports = { testMatch: ["**/*.test.js"] };\n',
    "runner-config",
  ],
  [
    "more ignored tests",
    "vitest.config.ts",
    'export default defineConfig({ test: { exclude: ["node_modules"] } });\n',
    'export default defineConfig({ test: { exclude: ["node_modules", "src/add.test.ts"] } });\n',
    "runner-config",
  ],
  [
    "retries",
    "playwright.config.ts",
    "export default { retries: 0 };\n",
    "export default { retries: 3 };\n",
    "runner-config",
  ],
  [
    "passWithNoTests",
    "vitest.config.ts",
    "export default { test: {} };\n",
    "export default { test: { passWithNoTests: true } };\n",
    "runner-config",
  ],
  [
    "--deselect in addopts",
    "pytest.ini",
    "[pytest]\naddopts = -q\n",
    "[pytest]\naddopts = -q --deselect tests/test_add.py::test_adds\n",
    "runner-config",
  ],
  [
    "--ignore in pyproject",
    "pyproject.toml",
    '[tool.pytest.ini_options]\naddopts = "-q"\n',
    '[tool.pytest.ini_options]\naddopts = "-q --ignore=tests/slow"\n',
    "runner-config",
  ],
  [
    "jest keys in package.json",
    "package.json",
    scripts({}, { jest: { testPathIgnorePatterns: ["/node_modules/"] } }),
    scripts({}, { jest: { testPathIgnorePatterns: ["/node_modules/", "add"] } }),
    "runner-config",
  ],
  [
    "lower coverage",
    "jest.config.js",
    "module.exports = { coverageThreshold: { global: { lines: 90 } } };\n",
    "module.exports = { coverageThreshold: { global: { lines: 50 } } };\n",
    "threshold-loosened",
  ],
  [
    "no coverage threshold",
    "vitest.config.ts",
    "export default { test: { coverage: { thresholds: { lines: 90 } } } };\n",
    "export default { test: { coverage: {} } };\n",
    "threshold-loosened",
  ],
  [
    "lower fail_under",
    "pyproject.toml",
    "[tool.coverage.report]\nfail_under = 90\n",
    "[tool.coverage.report]\nfail_under = 40\n",
    "threshold-loosened",
  ],
  [
    "a rule off",
    ".eslintrc.json",
    '{ "rules": { "no-undef": "error" } }',
    '{ "rules": { "no-undef": "off" } }',
    "rule-loosened",
  ],
  [
    "a rule of a flat config",
    "eslint.config.js",
    'export default [{ rules: { "no-undef": ["error", {}] } }];\n',
    'export default [{ rules: { "no-undef": ["warn", {}] } }];\n',
    "rule-loosened",
  ],
  [
    "strict off",
    "tsconfig.json",
    '{ "compilerOptions": { "strict": true } }',
    '{ "compilerOptions": { "strict": false } }',
    "rule-loosened",
  ],
  [
    "noUnusedLocals gone",
    "tsconfig.json",
    '{\n  // why\n  "compilerOptions": { "noUnusedLocals": true, },\n}',
    '{\n  "compilerOptions": { },\n}',
    "rule-loosened",
  ],
  [
    "more ignored by ruff",
    "ruff.toml",
    '[lint]\nselect = ["E", "F"]\nignore = ["E501"]\n',
    '[lint]\nselect = ["E", "F"]\nignore = ["E501", "F401"]\n',
    "rule-loosened",
  ],
  [
    "less selected by ruff",
    "pyproject.toml",
    '[tool.ruff.lint]\nselect = ["E", "F"]\n',
    '[tool.ruff.lint]\nselect = ["E"]\n',
    "rule-loosened",
  ],
  ["mypy not strict", "mypy.ini", "[mypy]\nstrict = True\n", "[mypy]\nstrict = False\n", "rule-loosened"],
  [".eslintignore", ".eslintignore", "dist\n", "dist\nsrc\n", "rule-loosened"],
  ["the judge", ".lodestar/config.yml", "checks: [test]\n", "checks: []\n", "judge-changed"],
  // Suppressions.
  [
    "eslint-disable",
    "src/add.ts",
    "export const a = b;\n",
    "// eslint-disable-next-line no-undef\nexport const a = b;\n",
    "rule-loosened",
  ],
  [
    "@ts-ignore",
    "src/add.ts",
    "export const a: number = b;\n",
    "// @ts-ignore\nexport const a: number = b;\n",
    "rule-loosened",
  ],
  ["type: ignore", "src/add.py", "a: int = b\n", "a: int = b  # type: ignore\n", "rule-loosened"],
  ["noqa", "src/add.py", "import os\n", "import os  # noqa: F401\n", "rule-loosened"],
  ["#[allow]", "src/add.rs", "fn a() {}\n", "#[allow(dead_code)]\nfn a() {}\n", "rule-loosened"],
  ["nolint", "add.go", "package a\n\nvar x = 1\n", "package a\n\nvar x = 1 //nolint\n", "rule-loosened"],
  // CI.
  [
    "a step that is gone",
    ".github/workflows/ci.yml",
    workflow("      - run: npm run lint\n      - run: npm test\n"),
    workflow("      - run: npm run lint\n"),
    "ci-config",
  ],
  [
    "continue-on-error",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - run: npm test\n        continue-on-error: true\n"),
    "exit-hidden",
  ],
  [
    "|| true in CI",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - run: npm test || true\n"),
    "exit-hidden",
  ],
  [
    "if: false",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - run: npm test\n        if: false\n"),
    "ci-config",
  ],
  [
    "allow_failure",
    ".gitlab-ci.yml",
    "test:\n  script:\n    - pytest\n",
    "test:\n  script:\n    - pytest\n  allow_failure: true\n",
    "exit-hidden",
  ],
];

/** What people do honestly: nothing here may loosen. */
const HONEST: readonly Row[] = [
  [
    "an added test",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);") + js("expect(add(0, 0)).toBe(0);", "adds nothing"),
  ],
  [
    "an added assertion",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);\n  expect(add(2, 2)).toBe(4);"),
  ],
  [
    "a renamed test",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);", "sums two numbers"),
  ],
  [
    "a renamed test with more in it",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);", "adds two numbers"),
    js("expect(add(1, 2)).toBe(3);\n  expect(add(2, 2)).toBe(4);", "adds two big numbers"),
  ],
  [
    "a renamed Python test",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 3", "def test_sums():"),
  ],
  ["quotes and semicolons", "add.test.js", js("expect(name('a')).toBe('b')"), js('expect(name("a")).toBe("b");')],
  [
    "wrapped lines",
    "add.test.js",
    js("expect(add(1, 2)).toEqual({ a: 1, b: 2 });"),
    js("expect(\n    add(1, 2),\n  ).toEqual({\n    a: 1,\n    b: 2,\n  });"),
  ],
  [
    "wrapped lines in Python",
    "test_add.py",
    py("assert add(1, 2) == [3, 4]"),
    py("assert add(1, 2) == [\n    3,\n    4,\n]"),
  ],
  ["a stricter matcher", "add.test.js", js("expect(add(1, 2)).toBeDefined();"), js("expect(add(1, 2)).toBe(3);")],
  ["a stricter comparison", "test_add.py", py("assert add(1, 2)"), py("assert add(1, 2) == 3")],
  [
    "a changed literal",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(4);"),
    "test-changed",
  ],
  [
    "a changed literal in Python",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 4"),
    "test-changed",
  ],
  [
    "a changed literal in Go",
    "add_test.go",
    go('if got := add(1, 2); got != 3 {\n\t\tt.Errorf("got %d", got)\n\t}'),
    go('if got := add(1, 2); got != 4 {\n\t\tt.Errorf("got %d", got)\n\t}'),
    "test-changed",
  ],
  [
    "another message",
    "add_test.go",
    go("if add(1, 2) != 3 {\n\t\tt.Error(1)\n\t}"),
    go('if add(1, 2) != 3 {\n\t\tt.Fatalf("%d", add(1, 2))\n\t}'),
  ],
  [
    "a renamed variable",
    "add.test.js",
    js("const r = add(1, 2);\n  expect(r).toBe(3);"),
    js("const result = add(1, 2);\n  expect(result).toBe(3);"),
  ],
  ["strictEqual for equal", "add.test.js", js("assert.equal(add(1, 2), 3);"), js("assert.strictEqual(add(1, 2), 3);")],
  ["jest to node assertions", "add.test.js", js("expect(add(1, 2)).toBe(3);"), js("assert.equal(add(1, 2), 3);")],
  ["unittest to pytest", "test_add.py", py("self.assertEqual(add(1, 2), 3)"), py("assert add(1, 2) == 3")],
  ["assertEqual(x, True)", "test_add.py", py("self.assertEqual(ok(), True)"), py("self.assertTrue(ok())")],
  ["== True", "test_add.py", py("assert ok() == True"), py("assert ok()")],
  ["toBe(null) to toBeNull", "add.test.js", js("expect(find()).toBe(null);"), js("expect(find()).toBeNull();")],
  ["length to toHaveLength", "add.test.js", js("expect(all().length).toBe(3);"), js("expect(all()).toHaveLength(3);")],
  [
    "two fields as one object",
    "add.test.js",
    js('expect(user.name).toBe("Ada");\n  expect(user.age).toBe(36);'),
    js('expect(user).toEqual({ name: "Ada", age: 36 });'),
  ],
  [
    "one object as two fields",
    "add.test.js",
    js('expect(user).toEqual({ name: "Ada", age: 36 });'),
    js('expect(user.name).toBe("Ada");\n  expect(user.age).toBe(36);'),
  ],
  [
    "a helper that asserts",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);\n  expect(add(2, 2)).toBe(4);"),
    `function expectSum(a, b, sum) {\n  expect(add(a, b)).toBe(sum);\n}\n${js("expectSum(1, 2, 3);\n  expectSum(2, 2, 4);")}`,
  ],
  [
    "an assertion in afterEach",
    "add.test.js",
    js("expect(open()).toBe(0);\n  expect(add(1, 2)).toBe(3);"),
    `afterEach(() => {\n  expect(open()).toBe(0);\n});\n${js("expect(add(1, 2)).toBe(3);")}`,
  ],
  [
    "a group around",
    "add.test.js",
    'it("adds", () => {\n  expect(add(1, 2)).toBe(3);\n});\n',
    'describe("add", () => {\n  it("adds", () => {\n    expect(add(1, 2)).toBe(3);\n  });\n});\n',
  ],
  [
    "a table of cases",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    'test.each([[1, 2, 3]])("adds", (a, b, sum) => {\n  expect(add(a, b)).toBe(sum);\n});\n',
  ],
  [
    "a split test",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);\n  expect(add(0, 0)).toBe(0);"),
    js("expect(add(1, 2)).toBe(3);") + js("expect(add(0, 0)).toBe(0);", "adds nothing"),
  ],
  [
    "merged tests",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);") + js("expect(add(1, 2)).toBe(3);\n  expect(add(0, 0)).toBe(0);", "adds nothing"),
    js("expect(add(1, 2)).toBe(3);") + js("expect(add(1, 2)).toBe(3);\n  expect(add(0, 0)).toBe(0);", "adds zero"),
  ],
  [
    "un-skipped",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);", "adds", "test.skip"),
    js("expect(add(1, 2)).toBe(3);"),
  ],
  [
    "skipped before too",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);", "adds", "test.skip"),
    js("expect(add(1, 2)).toBe(3);", "adds", "it.skip"),
  ],
  [
    "a new todo",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    `${js("expect(add(1, 2)).toBe(3);")}test.todo("subtracts");\n`,
  ],
  [
    "no longer focused",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);", "adds", "test.only"),
    js("expect(add(1, 2)).toBe(3);"),
  ],
  [
    "a comment about .only",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    `// Never commit test.only("x", () => {}) or it.skip.\n${js("expect(add(1, 2)).toBe(3);")}`,
  ],
  [
    "a text with skip",
    "add.test.js",
    js('expect(run("x")).toBe("y");'),
    js('expect(run("x")).toBe("y");\n  expect(run("it.skip(1); process.exit(0)")).toBe("t.skip()");'),
  ],
  [
    "skipped on Windows",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("expect(add(1, 2)).toBe(3);", "adds", 'test.skipIf(process.platform === "win32")'),
  ],
  [
    "skipped on Windows in Python",
    "test_add.py",
    py("assert add(1, 2) == 3"),
    py("assert add(1, 2) == 3", '@pytest.mark.skipif(sys.platform == "win32", reason="paths")\ndef test_adds():'),
  ],
  [
    "skipped when short",
    "add_test.go",
    go("if add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}"),
    go("if testing.Short() {\n\t\tt.Skip()\n\t}\n\tif add(1, 2) != 3 {\n\t\tt.Fatal(1)\n\t}"),
  ],
  [
    "a longer time limit",
    "add.test.js",
    js("expect(elapsed).toBeLessThan(100);"),
    js("expect(elapsed).toBeLessThan(500);"),
  ],
  ["rounding", "add.test.js", js("expect(add(0.1, 0.2)).toBe(0.3);"), js("expect(add(0.1, 0.2)).toBeCloseTo(0.3);")],
  [
    "a catch that asserts",
    "add.test.js",
    js("expect(() => add()).toThrow(TypeError);\n  expect(add(1, 2)).toBe(3);"),
    js(
      "try {\n    add();\n    assert.fail();\n  } catch (error) {\n    expect(error).toBeInstanceOf(TypeError);\n  }\n  expect(() => add()).toThrow(TypeError);\n  expect(add(1, 2)).toBe(3);",
    ),
  ],
  [
    "a returned promise",
    "add.test.js",
    js("await expect(add()).resolves.toBe(3);"),
    js("return expect(add()).resolves.toBe(3);"),
  ],
  [
    "a comment in the body",
    "add.test.js",
    js("expect(add(1, 2)).toBe(3);"),
    js("// why three\n  expect(add(1, 2)).toBe(3);"),
  ],
  ["a new script", "package.json", scripts({ test: "jest" }), scripts({ test: "jest", "test:fast": "jest -t fast" })],
  [
    "a bumped dependency",
    "package.json",
    scripts({ test: "jest" }, { devDependencies: { jest: "29.0.0" } }),
    scripts({ test: "jest" }, { version: "2.0.0", devDependencies: { jest: "30.0.0" } }),
  ],
  ["a script by another", "package.json", scripts({ test: "jest" }), scripts({ test: "npm run unit", unit: "jest" })],
  ["a longer chain", "package.json", scripts({ check: "eslint ." }), scripts({ check: "tsc --noEmit && eslint ." })],
  ["another runner", "package.json", scripts({ test: "jest" }), scripts({ test: "vitest run" })],
  ["coverage around", "package.json", scripts({ test: "mocha" }), scripts({ test: "c8 mocha" })],
  ["--bail", "package.json", scripts({ test: "jest" }), scripts({ test: "jest --bail" })],
  [
    "cross-env",
    "package.json",
    scripts({ test: "NODE_ENV=test jest" }),
    scripts({ test: "cross-env NODE_ENV=test jest --runInBand" }),
  ],
  [
    "more patterns",
    "jest.config.js",
    'module.exports = { testMatch: ["**/*.test.js"] };\n',
    'module.exports = { testMatch: ["**/*.test.js", "**/*.spec.js"] };\n',
  ],
  [
    "a wider pattern",
    "vitest.config.ts",
    'export default { test: { include: ["src/**/*.test.ts"] } };\n',
    'export default { test: { include: ["src/**/*.{test,spec}.ts"] } };\n',
  ],
  [
    "built files ignored",
    "vitest.config.ts",
    'export default { test: { exclude: ["node_modules"] } };\n',
    'export default { test: { exclude: ["**/node_modules/**", "dist"] } };\n',
  ],
  [
    "a longer test time",
    "vitest.config.ts",
    "export default { test: { testTimeout: 5000 } };\n",
    "export default { test: { testTimeout: 20000 } };\n",
  ],
  [
    "higher coverage",
    "jest.config.js",
    "module.exports = { coverageThreshold: { global: { lines: 80 } } };\n",
    "module.exports = { coverageThreshold: { global: { lines: 90 } } };\n",
  ],
  [
    "a new strictness",
    "tsconfig.json",
    '{ "compilerOptions": { "strict": true } }',
    '{ "compilerOptions": { "strict": true, "noUnusedLocals": true, "skipLibCheck": true } }',
  ],
  [
    "a harder rule",
    ".eslintrc.json",
    '{ "rules": { "no-undef": "warn" } }',
    '{ "rules": { "no-undef": "error", "no-var": 2 } }',
  ],
  [
    "a formatted configuration",
    "jest.config.js",
    "module.exports = {testMatch: ['**/*.test.js'], retries: 1}",
    'module.exports = {\n  // ours\n  testMatch: ["**/*.test.js"],\n  retries: 1,\n};\n',
  ],
  ["more asked by ruff", "ruff.toml", '[lint]\nselect = ["E"]\n', '[lint]\nselect = ["E", "F"]\n'],
  ["-v in addopts", "pytest.ini", "[pytest]\naddopts = -q\n", "[pytest]\naddopts = -q -ra --strict-markers\n"],
  [
    "a newer action",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - run: npm test\n").replace("@v4", "@v5"),
  ],
  [
    "another step in CI",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - run: npm ci\n      - run: npm run lint\n      - run: npm test\n"),
  ],
  [
    "a named step in CI",
    ".github/workflows/ci.yml",
    workflow("      - run: npm test\n"),
    workflow("      - name: Test\n        run: |\n          npm test\n"),
  ],
  ["a Makefile target more", "Makefile", "test:\n\tpytest\n", "test: build\n\tpytest\n\nbuild:\n\tpython -m build\n"],
  [
    "a suppression that moved",
    "src/add.ts",
    "// eslint-disable-next-line no-undef\nexport const a = b;\n",
    "const z = 1;\n// eslint-disable-next-line no-undef\nexport const a = b;\n",
  ],
  ["a suppression that went", "src/add.py", "import os  # noqa: F401\n", "import os\n"],
  [
    "a sentence about eslint-disable",
    "src/add.ts",
    "export const a = 1;\n",
    "// People write eslint-disable too often.\nexport const a = 1;\n",
  ],
  ["a text with ts-ignore", "src/add.ts", "export const a = 1;\n", 'export const a = "// @ts-ignore";\n'],
  ["process.exit in product code", "src/cli.ts", "run();\n", "run();\nprocess.exit(0);\n"],
  ["a program as fixture", "test/fixtures/cli.js", "run();\n", "run();\nprocess.exit(0);\n"],
  [
    "a regular expression's test",
    "add.test.js",
    js("expect(/a/.test(name)).toBe(true);"),
    js("expect(/a/.test(name)).toBe(true);\n  expect(/b.skip/.test(name)).toBe(false);"),
  ],
  [
    "parametrised Java",
    "src/test/java/AddTest.java",
    java("assertEquals(3, add(1, 2));"),
    java("assertEquals(3, add(1, 2));", '@ParameterizedTest\n  @ValueSource(strings = {"a"})'),
  ],
  [
    "a Rust test more",
    "src/add.rs",
    rust("assert_eq!(add(1, 2), 3);"),
    rust("assert_eq!(add(1, 2), 3);\n        assert_eq!(add(0, 0), 0);"),
  ],
  ["a Ruby refactoring", "spec/add_spec.rb", ruby("expect(add(1, 2)).to eq(3)"), ruby("expect(add(1, 2)).to eq 3")],
];

describe("what loosens", () => {
  for (const [name, path, before, after, kind] of LOOSENS)
    test(`${name} (${path})`, () => {
      const found = findTampering([{ path, status: "modified", before, after }]).filter((one) => one.loosens);
      assert.ok(found.length > 0, "nothing was found");
      if (kind)
        assert.ok(
          found.some((one) => one.kind === kind),
          JSON.stringify(found),
        );
      for (const one of found)
        assert.ok(one.diff.split("\n").length <= 20 && one.what.length > 5 && (one.line ?? 1) >= 1);
    });
});

describe("what is honest", () => {
  for (const [name, path, before, after, kind] of HONEST)
    test(`${name} (${path})`, () => {
      const found = findTampering([{ path, status: "modified", before, after }]);
      assert.deepEqual(
        found.filter((one) => one.loosens),
        [],
      );
      if (kind)
        assert.deepEqual(
          found.map((one) => one.kind),
          [kind],
        );
    });
});

/** A change of several files. */
const file = (path: string, before: string | undefined, after: string | undefined, from?: string): ChangedFile => ({
  path,
  status: from ? "renamed" : before === undefined ? "added" : after === undefined ? "deleted" : "modified",
  ...(from ? { from } : {}),
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
});
const loosening = (files: readonly ChangedFile[]) =>
  findTampering(files)
    .filter((one) => one.loosens)
    .map((one) => one.kind);
const adds = js("expect(add(1, 2)).toBe(3);");
const snap = (all: Record<string, string>) =>
  `// Jest Snapshot v1\n\n${Object.entries(all)
    .map(([name, value]) => `exports[\`${name} 1\`] = \`\n${value}\n\`;\n`)
    .join("\n")}`;

describe("changes of several files", () => {
  test("a deleted test file is named with its tests", () => {
    const [found, ...more] = findTampering([file("test/add.test.js", adds, undefined)]);
    assert.equal(found?.what, "the test file test/add.test.js with 1 test was deleted");
    assert.equal(found?.kind, "test-deleted");
    assert.equal(found?.loosens, true);
    assert.deepEqual(more, []);
  });
  test("a test file that goes with its source loosens nothing", () => {
    const found = findTampering([
      file("test/add.test.js", adds, undefined),
      file("src/add.js", "export {}", undefined),
    ]);
    assert.deepEqual(
      found.map((one) => [one.kind, one.loosens]),
      [["test-deleted", false]],
    );
  });
  test("a test file of another source is missed all the same", () => {
    assert.deepEqual(
      loosening([file("test/add.test.js", adds, undefined), file("src/sub.js", "export {}", undefined)]),
      ["test-deleted"],
    );
  });
  test("tests that moved to another file are not deleted", () => {
    assert.deepEqual(
      findTampering([file("test/add.test.js", adds, undefined), file("src/add.test.js", undefined, adds)]),
      [],
    );
    assert.deepEqual(
      loosening([
        file("a.test.js", adds + js("expect(x()).toBe(1);", "x"), adds),
        file(
          "b.test.js",
          js("expect(y()).toBe(1);", "y"),
          js("expect(y()).toBe(1);", "y") + js("expect(x()).toBe(1);", "x"),
        ),
      ]),
      [],
    );
  });
  test("a moved test that is skipped there is skipped", () => {
    assert.deepEqual(
      loosening([
        file("a.test.js", adds, undefined),
        file("b.test.js", undefined, js("expect(add(1, 2)).toBe(3);", "adds", "test.skip")),
      ]),
      ["test-skipped"],
    );
  });
  test("a name that no runner picks up is as good as deleted", () => {
    assert.deepEqual(loosening([file("src/add.test.js.bak", adds, adds, "src/add.test.js")]), ["test-deleted"]);
    assert.deepEqual(loosening([file("src/add.js", adds, adds, "src/add.test.js")]), ["test-deleted"]);
    assert.deepEqual(
      loosening([
        file("shop/old_add.py", py("assert add(1, 2) == 3"), py("assert add(1, 2) == 3"), "shop/test_add.py"),
      ]),
      ["test-deleted"],
    );
  });
  test("a renamed test file keeps its tests", () => {
    assert.deepEqual(findTampering([file("src/sum.test.js", adds, adds, "src/add.test.js")]), []);
  });
  test("a deleted test file that could not be read counts", () => {
    assert.deepEqual(loosening([{ path: "test/add.test.js", status: "deleted" }]), ["test-deleted"]);
  });
  test("two tests that became one table, and two that became one", () => {
    const two =
      js("expect(add(1, 2)).toBe(3);", "adds small") + js("expect(add(40, 50)).toBe(90);", "works for large numbers");
    assert.deepEqual(
      loosening([
        file(
          "a.test.js",
          two,
          'const sums = [[1, 2, 3], [40, 50, 90]];\ntest.each(sums)("%i + %i", (a, b, sum) => {\n  expect(add(a, b)).toBe(sum);\n});\n',
        ),
      ]),
      [],
    );
    assert.deepEqual(
      loosening([file("a.test.js", two, js("expect(add(1, 2)).toBe(3);\n  expect(add(40, 50)).toBe(90);", "adds"))]),
      [],
    );
  });
  test("a rewritten snapshot beside code proves nothing; a new one is fine", () => {
    const code = file("src/add.ts", "export const a = 1;\n", "export const a = 2;\n");
    const path = "src/__snapshots__/add.test.ts.snap";
    assert.deepEqual(loosening([code, file(path, snap({ a: "1", b: "2" }), snap({ a: "9", b: "2" }))]), [
      "snapshot-rewritten",
    ]);
    assert.deepEqual(loosening([code, file(path, snap({ a: "1", b: "2" }), snap({ a: "1" }))]), ["snapshot-rewritten"]);
    assert.deepEqual(findTampering([code, file(path, snap({ a: "1" }), snap({ a: "1", b: "2" }))]), []);
    assert.deepEqual(findTampering([code, file(path, snap({ a: "1" }), snap({ renamed: "1" }))]), []);
    assert.deepEqual(findTampering([code, file(path, undefined, snap({ a: "1" }))]), []);
  });
  test("a snapshot beside changed tests only is shown", () => {
    const found = findTampering([
      file("a.test.ts", adds, adds + js("expect(b()).toMatchSnapshot();", "b")),
      file("__snapshots__/a.test.ts.snap", snap({ a: "1" }), snap({ a: "2" })),
    ]);
    assert.deepEqual(
      found.map((one) => [one.kind, one.loosens]),
      [["snapshot-rewritten", false]],
    );
  });
  test("an inline snapshot counts as one", () => {
    const code = file("src/add.ts", "export const a = 1;\n", "export const a = 2;\n");
    const inline = (value: string) => js(`expect(add(1, 2)).toMatchInlineSnapshot(${value});`);
    assert.deepEqual(loosening([code, file("a.test.ts", inline("`3`"), inline("`4`"))]), ["snapshot-rewritten"]);
    assert.deepEqual(loosening([code, file("a.test.ts", inline(""), inline("`3`"))]), []);
    assert.deepEqual(loosening([code, file("a.test.ts", inline("`\n  3\n`"), inline("`\n      3\n    `"))]), []);
  });
  test("a suppression that moved between files is no new one", () => {
    const line = "// eslint-disable-next-line no-undef\nexport const a = b;\n";
    assert.deepEqual(findTampering([file("src/a.ts", line, "export {};\n"), file("src/b.ts", undefined, line)]), []);
  });
  test("a configuration that was replaced by another runner's", () => {
    assert.deepEqual(loosening([file("jest.config.js", "module.exports = {};\n", undefined)]), ["runner-config"]);
    assert.deepEqual(
      loosening([
        file("jest.config.js", "module.exports = {};\n", undefined),
        file("vitest.config.ts", undefined, "export default {};\n"),
      ]),
      [],
    );
  });
  test("a CI file that is gone, and one that moved", () => {
    const ci = workflow("      - run: npm test\n");
    assert.deepEqual(loosening([file(".github/workflows/ci.yml", ci, undefined)]), ["ci-config"]);
    assert.deepEqual(loosening([file(".github/workflows/test.yml", ci, ci, ".github/workflows/ci.yml")]), []);
  });
  test("findings come by file and line, in plain sentences", () => {
    const found = findTampering([
      file("b.test.js", js("expect(total).toBe(3);"), js("expect(total).toBeDefined();")),
      file(
        "a.test.js",
        adds + js("expect(x()).toBe(1);\n  expect(y()).toBe(2);", "x"),
        js("expect(x()).toBe(1);", "x"),
      ),
    ]);
    assert.deepEqual(
      found.map((one) => [one.file, one.what]),
      [
        ["a.test.js", '`expect(y()).toBe(2)` was removed from the test "x"'],
        ["a.test.js", 'the test "adds" was deleted'],
        ["b.test.js", "`expect(total).toBe(3)` became `expect(total).toBeDefined()`, which says less"],
      ],
    );
    assert.equal(found[2]?.diff, "-  expect(total).toBe(3);\n+  expect(total).toBeDefined();");
  });
});

test("test files are known by their path, in any ecosystem", () => {
  const yes = [
    "a.test.ts",
    "src/a.spec.jsx",
    "src/__tests__/a.js",
    "test/a.mjs",
    "tests/helpers/db.ts",
    "src/__snapshots__/a.test.ts.snap",
    "conftest.py",
    "test/fixtures/a.json",
    "tests/test_a.py",
    "a_test.py",
    "pkg/a_test.go",
    "pkg/testdata/a.golden",
    "tests/it.rs",
    "spec/a_spec.rb",
    "test/models/a_test.rb",
    "tests/ATest.php",
    "src/test/java/a/ATest.java",
    "src/test/resources/a.xml",
    "Shop.Tests/ATests.cs",
    "test/a_test.exs",
    "cypress/e2e/a.cy.ts",
    "jest.setup.js",
  ];
  const no = [
    "src/a.ts",
    "src/latest.ts",
    "src/contest.py",
    "src/attest.go",
    "lib/protest.rb",
    "docs/testing.md",
    "src/main/java/Testimony.java",
    "src/spectrum.ts",
    "package.json",
  ];
  assert.deepEqual(
    yes.filter((path) => !isTestFile(path)),
    [],
  );
  assert.deepEqual(
    no.filter((path) => isTestFile(path)),
    [],
  );
  assert.equal(isTestFile("src/lib.rs", "#[cfg(test)]\nmod tests {}\n"), true);
  assert.equal(isTestFile("src/lib.rs", "fn a() {}\n"), false);
});

test("what decides how checks run is known by its path", () => {
  const yes = [
    "jest.config.ts",
    "packages/a/vitest.config.mts",
    "vite.config.ts",
    ".mocharc.yml",
    ".taprc",
    ".nycrc.json",
    ".c8rc.json",
    "pytest.ini",
    "tox.ini",
    "setup.cfg",
    "conftest.py",
    "noxfile.py",
    ".rspec",
    "phpunit.xml.dist",
    ".cargo/config.toml",
    "tsconfig.build.json",
    "eslint.config.js",
    ".eslintrc.cjs",
    ".oxlintrc.json",
    "biome.json",
    ".prettierrc",
    "ruff.toml",
    "mypy.ini",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".lodestar/config.yml",
    "turbo.json",
    "nx.json",
    "Makefile",
    "justfile",
    "Taskfile.yml",
    "playwright.config.ts",
    "cypress.config.ts",
    "karma.conf.js",
    "ava.config.js",
  ];
  const no = [
    "package.json",
    "pyproject.toml",
    "src/config.ts",
    "README.md",
    "tests/conftest.py",
    "src/jest.ts",
    "docs/Makefile.md",
  ];
  assert.deepEqual(
    yes.filter((path) => !isRunnerConfig(path)),
    [],
  );
  assert.deepEqual(
    no.filter((path) => isRunnerConfig(path)),
    [],
  );
});

describe("a hostile megabyte is read in time", () => {
  // Half of it on each side; other work may share the machine.
  const pieces: Record<string, [path: string, piece: string]> = {
    brackets: ["a.test.js", "(".repeat(64)],
    "nested tests": ["a.test.js", 'it("a", () => {'],
    "open strings": ["a.test.js", "'\"`${"],
    patterns: ["a.test.js", "=/[(a+"],
    spaces: ["a.test.js", `expect${" ".repeat(200)}`],
    chains: ["a.test.js", "expect(a).not.to.be."],
    tries: ["a.test.js", 'it("a", () => { try { expect(a).toBe(1); } catch {} '],
    "same tests": ["a.test.js", 'it("a", () => { expect(a).toBe(1); });\n'],
    decorators: ["test_a.py", "@a(\n"],
    "deep Python": ["test_a.py", "def test_a():\n    try:\n"],
    raw: ["a.rs", '#[test] fn a() { r#"'],
    annotations: ["src/test/java/ATest.java", "@Test void a( {"],
    "one line of Ruby": ["spec/a_spec.rb", 'it "a" do { expect(a).'],
    branches: ["a.test.js", "if (false)\nif x "],
    catches: ["a.test.js", "p.catch(() => {})\n"],
    JSON: ["jest.config.json", '{"a":['],
    YAML: [".github/workflows/a.yml", "- - a: b\n"],
    scripts: ["package.json", '{"scripts":{"test":"npm run test && '],
    Makefile: ["Makefile", "test: test\n\ttest -k\n"],
  };
  for (const [name, [path, piece]] of Object.entries(pieces))
    test(name, () => {
      const text = piece.repeat(Math.ceil(500_000 / piece.length));
      const started = performance.now();
      findTampering([{ path, status: "modified", before: text, after: `${text.slice(0, -40)}x` }]);
      const spent = performance.now() - started;
      assert.ok(spent < 2_000, `${spent} ms`);
    });
});
