import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readShell } from "./danger-shell.ts";

/** Each pipeline as its commands, each command as its raw words; `>x` for redirects, `( )` for subshells. */
function read(text: string): string[][] {
  return readShell(text).script.pipelines.map((pipeline) =>
    pipeline.commands.map((command) =>
      [
        ...command.assigns.map(({ name }) => `${name}=`),
        ...(command.group ? ["( )"] : []),
        ...command.words.map(({ raw }) => raw),
        ...command.redirects.map(({ operator, target }) => operator + target.raw),
      ].join(" "),
    ),
  );
}

describe("reading the shell language", () => {
  const table: readonly [text: string, commands: string[][]][] = [
    ["a; b && c || d & e", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    ["a | b |& c\nd", [["a", "b", "c"], ["d"]]],
    ["a 'x; y' \"z | w\" \\; b", [["a 'x; y' \"z | w\" \\; b"]]],
    ["A=1 B='x y' cmd >out 2>&1 <in", [["A= B= cmd >out >&1 <in"]]],
    ["a \\\n b # c; d\ne", [["a b"], ["e"]]],
    ["(a; b) | c", [["( )", "c"]]],
    ["cat <<A <<-B; x\none; rm\nA\n\ttwo\n\tB\ny", [["cat <<A <<-B"], ["x"], ["y"]]],
    ["echo $((1 << 2)) `a; b` $(c; d)", [["echo $((1 << 2)) `a; b` $(c; d)"]]],
    ["case $x in a|b) c;; *) d;; esac; e", [["case $x in a"], ["c"], ["d"], ["esac"], ["e"]]],
    ["if [[ a < b && (c || d) ]]; then e; fi", [["if [[ a b c d ]]"], ["then e"], ["fi"]]],
    ["A=(x; y) z", [["A= z"]]],
    ["ls !(a|b) @(c)", [["ls !(a|b) @(c)"]]],
    ["", []],
  ];
  for (const [text, commands] of table)
    test(JSON.stringify(text), () => {
      const kept = read(text)
        .map((pipeline) => pipeline.filter((command) => command !== ""))
        .filter((each) => each.length > 0);
      assert.deepEqual(kept, commands);
      assert.equal(readShell(text).broken, false);
    });

  test("what is not closed is broken", () => {
    for (const text of ["a 'b", 'a "b', "a $(b", "a `b", "(a", "a ${b", "a)", "[[ a"])
      assert.equal(readShell(text).broken, true, text);
  });

  test("a here-document is a text, and its substitutions run only where the end word is not quoted", () => {
    const kinds = (text: string) =>
      readShell(text).script.pipelines[0]?.commands[0]?.redirects[0]?.body?.parts.map(({ kind }) => kind);
    assert.deepEqual(kinds("cat <<A\nx $(y)\nA"), ["text", "script", "text"]);
    assert.deepEqual(kinds("cat <<'A'\nx $(y)\nA"), ["text"]);
  });
});
