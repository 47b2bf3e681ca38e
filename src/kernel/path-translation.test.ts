import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as holds, constantFrom, property, stringMatching } from "fast-check";
import { toWindows, toWsl, toWslCommand } from "./path-translation.ts";

test("drive paths, both ways", () => {
  assert.equal(toWsl("D:/ai"), "/mnt/d/ai");
  assert.equal(toWsl(String.raw`C:\Users\me\a b`), "/mnt/c/Users/me/a b");
  assert.equal(toWsl("c:"), "/mnt/c");
  assert.equal(toWindows("/mnt/d/ai"), "D:/ai");
  assert.equal(toWindows("/mnt/d"), "D:/");
});

test("what is on no drive is not translated", () => {
  for (const path of ["relative/x", String.raw`\\server\share`, "/home/me", "C:relative", ""])
    assert.equal(toWsl(path), undefined, path);
  for (const path of ["/home/me", "/mnt/data/x", "mnt/d/x", "/mnt/d/a:b", "/mnt/D/x"])
    assert.equal(toWindows(path), undefined, path);
});

const segment = stringMatching(/^[A-Za-z0-9 ._()äöü日本-]{1,12}$/);
const drive = constantFrom(..."abcdefghijklmnopqrstuvwxyz".split(""));

test("every Windows path comes back as it was", () => {
  holds(
    property(drive, array(segment, { maxLength: 6 }), (letter, parts) => {
      const path = `${letter.toUpperCase()}:/${parts.join("/")}`;
      assert.equal(toWindows(toWsl(path) ?? ""), path);
      assert.equal(toWindows(toWsl(path.replaceAll("/", "\\")) ?? ""), path);
    }),
  );
});

test("every WSL path comes back as it was", () => {
  holds(
    property(drive, array(segment, { minLength: 1, maxLength: 6 }), (letter, parts) => {
      const path = `/mnt/${letter}/${parts.join("/")}`;
      assert.equal(toWsl(toWindows(path) ?? ""), path);
    }),
  );
});

test("harmless commands are translated with their paths", () => {
  const command = (line: string) => {
    const result = toWslCommand(line);
    return "command" in result ? result.command : result.kind;
  };
  assert.equal(command(String.raw`dir /b D:\ai`), "ls -1 /mnt/d/ai");
  assert.equal(command(String.raw`copy "C:\My Files\a.txt" b.txt`), "cp '/mnt/c/My Files/a.txt' b.txt");
  assert.equal(command(String.raw`type src\main.ts`), "cat src/main.ts");
  assert.equal(command("echo hello"), "echo hello");
});

test("what destroys, chains or is not known is never translated", () => {
  const kind = (line: string) => toWslCommand(line).kind;
  for (const line of [
    "del *.txt",
    "rmdir /s /q build",
    "FORMAT.COM d:",
    "format d:",
    "rd /s x",
    "move a b",
    "taskkill /f /im x",
  ])
    assert.notEqual(kind(line), "translated", line);
  for (const line of [
    "del *.txt",
    "rmdir /s /q build",
    "format d:",
    "rm -rf x",
    "dir & del x",
    "echo hi > C:/file",
    "DEL.exe a",
  ])
    assert.equal(kind(line), "ask", line);
  assert.equal(kind("dir /q"), "unknown");
  assert.equal(kind("netsh wlan"), "unknown");
  assert.equal(kind("constructor"), "unknown");
});

test("no argument can leave its place as one word", () => {
  holds(
    property(stringMatching(/^[a-z'"()!*?[\]{}# -]{0,12}$/), (text) => {
      const result = toWslCommand(`echo ${text}`);
      if (result.kind !== "translated") return;
      assert.doesNotMatch(result.command.replaceAll(/'[^']*'|\\'/g, ""), /[()!*?[\]{}#"]/);
    }),
  );
});
