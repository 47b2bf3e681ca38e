import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { UserError } from "../sdk/index.ts";
import { readOwnKey } from "./keys.ts";
import { listReceipts, verifyReceipt } from "./receipts.ts";
import { readPack, writePack } from "./struggle-pack.ts";

const BODY = '{"rules":[],"type":"lodestar-struggle-pack","version":1}';
let folder: string;
let file: string;
let keyid: string;
const mine = () => join(folder, "mine");
const theirs = () => join(folder, "theirs");

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "pack-"));
  file = join(folder, "team.json");
  keyid = await writePack(file, { dataDir: theirs(), body: BODY });
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("whoever signed it reads it back, and others once they say that they trust the key", async () => {
  const own = await readPack(file, { dataDir: theirs() });
  assert.deepEqual(own, { name: `team.json, signed by ${keyid.slice(0, 16)}`, keyid, body: BODY });
  const pem = join(folder, "their.pub");
  writeFileSync(pem, (await readOwnKey(theirs()))?.pem ?? "");
  for (const key of [keyid, pem]) assert.equal((await readPack(file, { dataDir: mine(), key })).body, BODY);
});

test("an unknown signer is refused with the command that trusts it", async () => {
  const refused = await errorOf(readPack(file, { dataDir: mine() }));
  assert.match(refused.message, new RegExp(`intact, but nothing tells whose key ${keyid} is`));
  assert.match(refused.next, new RegExp(`struggles import .*team\\.json --key ${keyid}$`));
  const other = await errorOf(readPack(file, { dataDir: mine(), key: "0".repeat(64) }));
  assert.match(other.message, /nothing tells whose key/);
});

test("a change of content, signature or key is refused, whoever is trusted", async () => {
  const envelope = JSON.parse(readFileSync(file, "utf8"));
  const [signature] = envelope.signatures;
  const otherKey = join(folder, "other.json");
  await writePack(otherKey, { dataDir: mine(), body: BODY });
  const [other] = JSON.parse(readFileSync(otherKey, "utf8")).signatures;
  const changed = [
    { ...envelope, payload: Buffer.from(BODY.replace("[]", "[1]")).toString("base64") },
    { ...envelope, signatures: [{ ...signature, sig: other.sig }] },
    { ...envelope, signatures: [{ ...other, keyid }] },
  ];
  for (const one of changed) {
    writeFileSync(join(folder, "changed.json"), JSON.stringify(one));
    const refused = await errorOf(readPack(join(folder, "changed.json"), { dataDir: mine(), key: keyid }));
    assert.match(refused.message, /changed after signing/);
  }
});

test("what is no signed file is refused with a sentence, and a pack is no receipt", async () => {
  for (const text of ["", "{}", JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), signatures: [] })]) {
    writeFileSync(join(folder, "no.json"), text);
    assert.match((await errorOf(readPack(join(folder, "no.json"), { dataDir: mine() }))).message, /no signed pack/);
  }
  assert.match((await errorOf(readPack(join(folder, "gone.json"), { dataDir: mine() }))).message, /cannot be read/);
  assert.equal((await verifyReceipt(file, { dataDir: theirs() })).intact, false);
  assert.deepEqual(await listReceipts(theirs()), []);
});

async function errorOf(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof UserError, String(error));
  return error;
}
