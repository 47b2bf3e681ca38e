import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { baselineReceipt, makeStatement } from "../kernel/receipt.ts";
import { isUserError, type Envelope, type Statement } from "../sdk/index.ts";
import { openSigningKey, parsePublicKey, preAuthEncoding } from "./keys.ts";
import { listReceipts, readReceipt, saveReceipt, verifyReceipt } from "./receipts.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestar-receipts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("the encoding that is signed is DSSE's (example of the specification)", () => {
  const encoded = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
  assert.equal(encoded.toString(), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  assert.equal(preAuthEncoding("t", Buffer.from("é")).toString(), "DSSEv1 1 t 2 é");
});

test("the key is made once, private, and the same for all who come first together", async () => {
  const dir = join(folder, "together");
  const keys = await Promise.all([openSigningKey(dir), openSigningKey(dir), openSigningKey(dir)]);
  assert.equal(new Set(keys.map((key) => key.keyid)).size, 1);
  assert.equal((await openSigningKey(dir)).keyid, keys[0]?.keyid);
  const mode = async (path: string) => (await stat(join(dir, path))).mode & 0o777;
  assert.deepEqual([await mode("keys"), await mode("keys/receipts.pem")], [0o700, 0o600]);
  const [key] = keys;
  assert.ok(key);
  assert.equal(key.keyid, createHash("sha256").update(Buffer.from(key.spki, "base64")).digest("hex"));
  assert.equal(parsePublicKey(key.pem)?.keyid, key.keyid);
});

test("a key file that holds no key is said, not replaced", async () => {
  const dir = join(folder, "broken");
  await openSigningKey(dir);
  await writeFile(join(dir, "keys", "receipts.pem"), "rubbish");
  await assert.rejects(openSigningKey(dir), /holds no usable signing key/);
});

test("a stored receipt is found by its id and by the start of it, newest first", async () => {
  const dir = join(folder, "list");
  const key = await openSigningKey(dir);
  const older = await saveReceipt(dir, statement("2026-01-01T00:00:00.000Z"), key);
  const newer = await saveReceipt(dir, statement("2026-02-01T00:00:00.000Z"), key);
  await writeFile(join(dir, "receipts", "0123456789abcdef.json"), "{");
  assert.deepEqual(
    (await listReceipts(dir)).map((stored) => stored.id),
    [newer.id, older.id],
  );
  const payload = Buffer.from(newer.envelope.payload, "base64");
  assert.equal(newer.id, createHash("sha256").update(payload).digest("hex").slice(0, 16));
  assert.equal((await readReceipt(dir, newer.id.slice(0, 8)))?.receipt.issuedAt, "2026-02-01T00:00:00.000Z");
  for (const id of ["0123456789abcdef", "ffff", "..", ""]) assert.equal(await readReceipt(dir, id), undefined);
  assert.deepEqual(await listReceipts(join(folder, "nowhere")), []);
});

test("verify: known with the key in any form, else intact with an unknown signer", async () => {
  const dir = join(folder, "verify");
  const key = await openSigningKey(dir);
  const { path } = await saveReceipt(dir, statement(), key);
  const pem = join(folder, "key.pem");
  await writeFile(pem, key.pem);
  for (const options of [{ key: pem }, { key: key.pem }, { key: key.keyid }, { dataDir: dir }]) {
    const check = await verifyReceipt(path, options);
    assert.deepEqual([check.intact, check.signer, check.keyid], [true, "known", key.keyid]);
    assert.equal(check.statement?.predicate.commit, statement().predicate.commit);
  }
  const stranger = await openSigningKey(join(folder, "stranger"));
  for (const options of [{}, { key: stranger.pem }, { dataDir: join(folder, "nowhere") }]) {
    const check = await verifyReceipt(path, options);
    assert.deepEqual([check.intact, check.signer], [true, "unknown"]);
    assert.match(check.because, /^Intact, signer unknown/);
  }
});

test("verify: any changed character of payload, signature, key or key id is noticed", async () => {
  const dir = join(folder, "tamper");
  const key = await openSigningKey(dir);
  const { envelope } = await saveReceipt(dir, statement(), key);
  const [signature] = envelope.signatures;
  assert.ok(signature?.publicKey);
  const file = join(folder, "changed.json");
  const variants: { envelope: Envelope; keep?: boolean }[] = [];
  for (let at = 0; at < envelope.payload.length; at += 97)
    variants.push({ envelope: { ...envelope, payload: flip(envelope.payload, at) } });
  variants.push({ envelope: { ...envelope, payload: flip(envelope.payload, envelope.payload.length - 1) } });
  for (let at = 0; at < signature.sig.length; at += 1)
    variants.push({ envelope: { ...envelope, signatures: [{ ...signature, sig: flip(signature.sig, at) }] } });
  for (const name of ["keyid", "publicKey"] as const)
    for (let at = 0; at < 50; at += 7)
      variants.push({
        envelope: { ...envelope, signatures: [{ ...signature, [name]: flip(signature[name] ?? "", at) }] },
      });
  for (const variant of variants) {
    await writeFile(file, JSON.stringify(variant.envelope));
    for (const options of [{}, { dataDir: dir }]) {
      const check = await verifyReceipt(file, options);
      assert.equal(check.intact, false, check.because);
    }
  }
});

test("verify: somebody else's signature over a changed receipt is intact but never known", async () => {
  const dir = join(folder, "forged");
  const key = await openSigningKey(dir);
  const forger = await openSigningKey(join(folder, "forger"));
  const { envelope } = await saveReceipt(join(folder, "forger"), statement(), forger);
  const file = join(folder, "forged.json");
  await writeFile(file, JSON.stringify(envelope));
  const check = await verifyReceipt(file, { key: key.pem });
  assert.deepEqual([check.intact, check.signer], [true, "unknown"]);
  const [signature] = envelope.signatures;
  await writeFile(file, JSON.stringify({ ...envelope, signatures: [{ ...signature, keyid: key.keyid }] }));
  assert.equal((await verifyReceipt(file, { key: key.keyid })).intact, false);
  assert.equal((await verifyReceipt(file, { dataDir: dir })).intact, false);
});

test("what is no receipt or no key is the user's mistake, with the next command", async () => {
  const dir = join(folder, "garbage");
  const { path } = await saveReceipt(dir, statement(), await openSigningKey(dir));
  const file = join(folder, "garbage.json");
  for (const text of [
    "",
    "{",
    "[]",
    '{"payload":1}',
    "\u0000\u0001",
    '{"payloadType":"x","payload":"","signatures":[]}',
  ]) {
    await writeFile(file, text);
    await assert.rejects(verifyReceipt(file), (error) => isUserError(error) && error.next !== "");
  }
  await assert.rejects(verifyReceipt(folder), isUserError);
  await assert.rejects(verifyReceipt(join(folder, "absent.json")), isUserError);
  await assert.rejects(verifyReceipt(path, { key: join(folder, "absent.pem") }), isUserError);
  await assert.rejects(verifyReceipt(path, { key: "-----BEGIN NONSENSE-----" }), isUserError);
  assert.equal((await readFile(path, "utf8")).includes("PRIVATE"), false);
});

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

function statement(issuedAt = "2026-03-01T00:00:00.000Z"): Statement {
  return makeStatement(
    baselineReceipt({
      repo: "shop",
      commit: "3f2a1c9d00000000000000000000000000000000",
      tree: "a".repeat(40),
      dirty: false,
      checks: [],
      notChecked: ["lint"],
      environment: {
        lodestar: "0.1.0",
        sandbox: "bubblewrap",
        network: "loopback",
        runtimes: { node: "24.0.0" },
        dependencies: "d",
        env: "e",
        databases: [],
      },
      hash: (text) => createHash("sha256").update(text).digest("hex"),
      cost: { seconds: 1, usd: 0 },
      issuedAt,
    }),
  );
}
