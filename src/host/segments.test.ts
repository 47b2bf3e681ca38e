import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isUserError } from "../sdk/index.ts";
import { createSecrets } from "./secrets.ts";
import { openSegments } from "./segments.ts";

async function segmentsFor(t: TestContext, maxBytes?: number) {
  const dir = await mkdtemp(join(tmpdir(), "segments-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return { dir, segments: openSegments(dir, createSecrets(), maxBytes === undefined ? {} : { maxBytes }) };
}

test("what is written is read back by byte offset, and the seal is the file's hash", async (t) => {
  const { dir, segments } = await segmentsFor(t);
  const writer = await segments.open("repo/run-1/web");
  assert.equal(writer.segment, "repo/run-1/web-1");
  writer.write("one\ntw");
  writer.write("o\nthree\n");
  const before = await segments.read({ segment: writer.segment, from: 4 }, 4);
  assert.deepEqual(before, { text: "two\n", to: 8, sealed: false });
  const sealed = await writer.seal();
  assert.equal(sealed.to, 14);
  assert.deepEqual(await writer.seal(), sealed);
  assert.equal((await segments.read({ segment: writer.segment, from: 8, to: 11 }, 100)).text, "thr");
  assert.equal((await segments.read({ segment: writer.segment, from: 14 }, 100)).sealed, true);
  const file = join(dir, `${writer.segment}.log`);
  assert.equal(
    sealed.sha256,
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex"),
  );
  assert.equal(await readFile(join(dir, "repo/run-1/web-1.sha256"), "utf8"), `${sealed.sha256}  web-1.log\n`);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(dir, "repo"))).mode & 0o777, 0o700);
});

test("a name never escapes the folder and never overwrites", async (t) => {
  const { dir, segments } = await segmentsFor(t);
  const writer = await segments.open("../../etc/pass wd\0/..");
  assert.equal(writer.segment, "etc/pass-wd-1");
  assert.ok(existsSync(join(dir, "etc/pass-wd-1.log")));
  assert.equal((await segments.open("etc/pass wd")).segment, "etc/pass-wd-2");
  const long = await segments.open("x".repeat(500));
  long.write("here\n");
  assert.equal((await segments.read({ segment: long.segment, from: 0 }, 10)).text, "here\n");
  assert.equal((await segments.open("///")).segment, "output-1");
  for (const segment of ["../../../etc/passwd", "etc/../etc/pass-wd-1", "/etc/passwd", "absent-1", ""])
    await assert.rejects(segments.read({ segment, from: 0 }, 10), isUserError);
});

test("lists by prefix", async (t) => {
  const { segments } = await segmentsFor(t);
  assert.deepEqual(await segments.list(""), []);
  const [a] = await Promise.all([segments.open("one/a"), segments.open("one/b"), segments.open("two/a")]);
  a.write("12345\n");
  await a.seal();
  const found = await segments.list("one/");
  assert.deepEqual(
    found.map(({ segment, bytes, sealed }) => ({ segment, bytes, sealed })),
    [
      { segment: "one/a-1", bytes: 6, sealed: true },
      { segment: "one/b-1", bytes: 0, sealed: false },
    ],
  );
  assert.ok(Math.abs(Date.parse(found[0]?.startedAt ?? "") - Date.now()) < 60_000);
});

test("secrets never reach the file, across writes too", async (t) => {
  const { dir, segments } = await segmentsFor(t);
  const writer = await segments.open("env");
  writer.write("API_KEY=abc");
  writer.write("def123\nopen");
  await writer.seal();
  assert.equal(await readFile(join(dir, "env-1.log"), "utf8"), "API_KEY=[redacted:env]\nopen");
});

test("reads end on whole characters", async (t) => {
  const { segments } = await segmentsFor(t);
  const writer = await segments.open("utf8");
  const text = "aé😀b€\n";
  writer.write(text);
  let from = 0;
  let out = "";
  while (from < writer.size()) {
    const piece = await segments.read({ segment: writer.segment, from }, 5);
    assert.ok(piece.to > from);
    out += piece.text;
    from = piece.to;
  }
  assert.equal(out, text);
  assert.equal((await segments.read({ segment: writer.segment, from: 4 }, 100)).text, "b€\n");
});

test("a printer of 100 MB fills its segment only, and the end of its output is kept", async (t) => {
  const { dir, segments } = await segmentsFor(t, 1_000_000);
  const writer = await segments.open("loud");
  const line = `${"x".repeat(99)}\n`;
  const chunk = line.repeat(655);
  for (let n = 0; n < 1600; n++) writer.write(chunk);
  writer.write("API_KEY=abcdef1\n");
  writer.write("12 passed, 1 failed\n");
  const { to } = await writer.seal();
  assert.ok(to < 1_200_000, String(to));
  const text = await readFile(join(dir, "loud-1.log"), "utf8");
  assert.ok(text.endsWith("API_KEY=[redacted:env]\n12 passed, 1 failed\n"));
  const missing = Number(/\[lodestar: (\d+) bytes of output are missing here\]/.exec(text)?.[1]);
  const note = `\n[lodestar: ${missing} bytes of output are missing here]\n`;
  const written = 1600 * chunk.length + 16 + 20;
  assert.equal(missing + Buffer.byteLength(text) - note.length, written + "[redacted:env]".length - "abcdef1".length);
});

test("a prompt becomes readable without a newline", async (t) => {
  const { segments } = await segmentsFor(t);
  const writer = await segments.open("prompt");
  writer.write("Continue? (y/N) ");
  const deadline = Date.now() + 5000;
  while (writer.size() === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal((await segments.read({ segment: writer.segment, from: 0 }, 100)).text, "Continue? (y/N) ");
  await writer.seal();
});
