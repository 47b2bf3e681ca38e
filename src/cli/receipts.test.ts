import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openSigningKey } from "../host/keys.ts";
import { saveReceipt } from "../host/receipts.ts";
import { makeStatement } from "../kernel/receipt.ts";
import { sampleReceipt } from "../plugins/format/_shared-sample.ts";
import { openWorld, type World } from "../testing/lodestar.ts";

describe("lodestar receipts export, without a daemon", { concurrency: true }, () => {
  let world: World;
  let id = "";
  let path = "";
  before(async () => {
    world = await openWorld();
    const key = await openSigningKey(world.dataDir);
    ({ id, path } = await saveReceipt(world.dataDir, makeStatement(sampleReceipt()), key));
  });
  after(() => world.close());

  test("prints the comment of a pull request by default, from the id or the start of it", async () => {
    const whole = await world.run("receipts", "export", id);
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stdout, /^## Verified\n\nVerified 3f2a1c9 against 1b2c3d4: 412 tests pass\.\n/);
    assert.ok(whole.stdout.includes(`lodestar receipts show ${id} --json`));
    assert.equal(whole.stderr, "");
    assert.equal((await world.run("receipts", "export", id.slice(0, 6))).stdout, whole.stdout);
    await assert.rejects(readFile(join(world.dataDir, "daemon.json")), "no daemon was started");
  });

  test("json is the predicate that was signed", async () => {
    const { status, stdout } = await world.run("receipts", "export", id, "--format", "json");
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), sampleReceipt());
  });

  test("--output writes a file, whose ending tells the format", async () => {
    const [sarif, xml] = [join(world.root, "proof.sarif"), join(world.root, "proof.xml")];
    const said = await world.run("receipts", "export", id, "--output", sarif);
    assert.deepEqual([said.status, said.stdout], [0, `Wrote ${sarif}: receipt ${id} as sarif\n`]);
    assert.equal(JSON.parse(await readFile(sarif, "utf8")).version, "2.1.0");
    const asJson = JSON.parse((await world.run("receipts", "export", id, "--output", xml, "--json")).stdout);
    const expected = { id, format: "junit", mediaType: "application/xml", signer: "known", output: xml };
    assert.deepEqual(asJson, expected);
    assert.match(await readFile(xml, "utf8"), /^<\?xml .*\n<testsuites /);
    const nowhere = await world.run("receipts", "export", id, "--output", join(world.root, "nowhere/x.md"));
    assert.deepEqual([nowhere.status, /could not be written/.test(nowhere.stderr)], [2, true]);
  });

  test("takes a receipt's file of another machine: it says that the signer is unknown, and refuses a changed one", async (t) => {
    const other = await openWorld();
    t.after(() => other.close());
    const file = join(other.root, "receipt.json");
    await writeFile(file, await readFile(path));
    const strange = await other.run("receipts", "export", file, "--format", "junit");
    assert.deepEqual([strange.status, /signer unknown/.test(strange.stderr)], [0, true]);
    assert.ok(strange.stdout.includes(`receipt ${id}`), "the id is that of the content");
    const key = (await world.run("receipts", "key")).stdout;
    const known = await other.run("receipts", "export", file, "--format", "junit", "--key", key);
    assert.deepEqual([known.status, known.stderr, known.stdout], [0, "", strange.stdout]);
    const asJson = JSON.parse((await other.run("receipts", "export", file, "--json")).stdout);
    assert.deepEqual(
      [asJson.signer, asJson.format, asJson.text.startsWith("## Verified")],
      ["unknown", "markdown", true],
    );

    const envelope = JSON.parse(await readFile(path, "utf8"));
    const payload = Buffer.from(envelope.payload, "base64").toString().replace("412 tests", "999 tests");
    await writeFile(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") }));
    const changed = await other.run("receipts", "export", file);
    assert.deepEqual([changed.status, changed.stdout], [2, ""]);
    assert.match(changed.stderr, /is not exported.*changed after signing.*next: +lodestar receipts verify/s);
  });

  test("an unknown format, an unknown id and a missing one are refused with what to type", async () => {
    const format = await world.run("receipts", "export", id, "--format", "pdf");
    assert.equal(format.status, 2);
    assert.match(
      format.stderr,
      /no format pdf; there are json, junit, markdown, sarif.*next: +lodestar receipts export/s,
    );
    const unknown = await world.run("receipts", "export", "0123abcd", "--json");
    assert.deepEqual([unknown.status, JSON.parse(unknown.stdout).error.next], [2, "lodestar receipts list"]);
    assert.match((await world.run("receipts", "export")).stderr, /export needs an id or a file/);
    assert.match((await world.run("receipts", "export", "absent.json")).stderr, /absent\.json is no receipt/);
  });
});
