import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { Envelope, OutsideError, Statement, UserError, messageOf, type Receipt } from "../sdk/index.ts";
import { decodeBase64, parsePublicKey, readOwnKey, verifySignature, type PublicKey, type SigningKey } from "./keys.ts";

/** A receipt as it is stored. */
export interface StoredReceipt {
  readonly id: string;
  readonly path: string;
  readonly receipt: Receipt;
  readonly envelope: Envelope;
}

/** What can be said of a receipt file. `because` is one sentence; `statement` is there when the payload could be read. */
export interface ReceiptCheck {
  /** What a receipt with this payload is called, wherever its file lies. */
  readonly id: string;
  readonly intact: boolean;
  readonly signer: "known" | "unknown";
  readonly keyid: string;
  readonly because: string;
  readonly statement?: Statement;
}

/** Signs a statement and stores it durably as `<dataDir>/receipts/<id>.json`; the id is the start of the payload's SHA-256. */
export async function saveReceipt(dataDir: string, statement: Statement, key: SigningKey): Promise<StoredReceipt> {
  const payload = JSON.stringify(statement);
  const id = idOf(payload);
  const folder = join(dataDir, "receipts");
  const path = join(folder, `${id}.json`);
  const envelope = key.sign(payload);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeDurably(folder, path, `${JSON.stringify(envelope, null, 2)}\n`);
  return { id, path, receipt: statement.predicate, envelope };
}

/** Every readable receipt of the data dir, newest first. What is no receipt is left out: `verifyReceipt` says why. */
export async function listReceipts(dataDir: string): Promise<StoredReceipt[]> {
  const names = await readdir(join(dataDir, "receipts")).catch(() => []);
  const ids = names.filter((name) => /^[0-9a-f]{16}\.json$/.test(name)).map((name) => name.slice(0, 16));
  const found = await Promise.all(ids.map((id) => readStored(dataDir, id)));
  return found
    .filter((stored) => stored !== undefined)
    .sort((a, b) => b.receipt.issuedAt.localeCompare(a.receipt.issuedAt));
}

/** The receipt whose id is, or begins with, `id` (at least 4 digits); undefined when there is none or more than one. */
export async function readReceipt(dataDir: string, id: string): Promise<StoredReceipt | undefined> {
  if (!/^[0-9a-f]{4,16}$/.test(id)) return undefined;
  const names = await readdir(join(dataDir, "receipts")).catch(() => []);
  const ids = names.filter((name) => name.startsWith(id) && /^[0-9a-f]{16}\.json$/.test(name));
  const [only] = ids;
  return ids.length === 1 && only !== undefined ? readStored(dataDir, only.slice(0, 16)) : undefined;
}

/**
 * Checks a receipt file offline. `key` is the signer's public key (PEM file, PEM text, or its 64-digit key id); the key
 * of `dataDir` is known too. Not intact: any change to payload, signature or key. Rejects with UserError for what is no
 * receipt file or no key.
 */
export async function verifyReceipt(
  file: string,
  options: { key?: string; dataDir?: string } = {},
): Promise<ReceiptCheck> {
  const envelope = await readEnvelope(file);
  const known = await knownKeys(options);
  const [signature] = envelope.signatures;
  if (!signature) throw notAReceipt(file, "it has no signature");
  const keyid = signature.keyid;
  const statement = statementOf(envelope);
  const id = idOf(decodeBase64(envelope.payload) ?? "");
  const answer = (intact: boolean, signer: "known" | "unknown", because: string): ReceiptCheck => ({
    id,
    intact,
    signer,
    keyid,
    because,
    ...(statement ? { statement } : {}),
  });
  const pinned = known.find((candidate) => candidate.keyid === keyid);
  const signer = pinned ? "known" : "unknown";
  const key = pinned?.key ?? embeddedKey(signature);
  if (!key) return answer(false, signer, "It carries no key that fits its key id, so its signature cannot be checked.");
  if (signature.publicKey !== undefined && signature.publicKey !== key.spki)
    return answer(false, signer, "The key that it carries is not the key that its key id names.");
  if (envelope.signatures.length > 1)
    return answer(false, signer, "It carries more than one signature; Lodestar issues one.");
  if (!verifySignature(envelope, signature, key))
    return answer(false, signer, "Its signature does not fit its content: one of them was changed after signing.");
  if (!statement) return answer(false, signer, "It is signed, but its content is no receipt of this version.");
  return pinned
    ? answer(true, "known", `Intact, signed by the known key ${keyid.slice(0, 16)}.`)
    : answer(true, "unknown", `Intact, signer unknown: nothing tells whose key ${keyid.slice(0, 16)} is.`);
}

function idOf(payload: string | Buffer): string {
  return createHash("sha256").update(payload).digest("hex").slice(0, 16);
}

async function readStored(dataDir: string, id: string): Promise<StoredReceipt | undefined> {
  const path = join(dataDir, "receipts", `${id}.json`);
  const text = await readFile(path, "utf8").catch(() => undefined);
  const envelope = text === undefined ? undefined : parseEnvelope(text);
  const statement = envelope && statementOf(envelope);
  return envelope && statement ? { id, path, receipt: statement.predicate, envelope } : undefined;
}

async function readEnvelope(file: string): Promise<Envelope> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw notAReceipt(file, messageOf(error));
  }
  const envelope = parseEnvelope(text);
  if (!envelope) throw notAReceipt(file, "it is no DSSE envelope of an in-toto statement");
  return envelope;
}

function parseEnvelope(text: string): Envelope | undefined {
  const value = parseJson(text);
  const parsed = Envelope.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function statementOf(envelope: Envelope): Statement | undefined {
  const bytes = decodeBase64(envelope.payload);
  const parsed = Statement.safeParse(bytes && parseJson(bytes.toString("utf8")));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The key inside the envelope counts only when its hash is the key id. */
function embeddedKey(signature: Envelope["signatures"][number]): PublicKey | undefined {
  const key = signature.publicKey === undefined ? undefined : parsePublicKey(signature.publicKey);
  return key?.keyid === signature.keyid ? key : undefined;
}

/** Key ids that count as known, with the key where we have it. */
async function knownKeys(options: { key?: string; dataDir?: string }): Promise<{ keyid: string; key?: PublicKey }[]> {
  const known: { keyid: string; key?: PublicKey }[] = [];
  if (options.key !== undefined) known.push(await resolveKey(options.key));
  const own = options.dataDir === undefined ? undefined : await readOwnKey(options.dataDir);
  if (own) known.push({ keyid: own.keyid, key: own });
  return known;
}

/** A public key from a PEM file, PEM text or a key id. Rejects with UserError for anything else. */
export async function resolveKey(given: string): Promise<{ keyid: string; key?: PublicKey }> {
  if (/^[0-9a-f]{64}$/i.test(given)) return { keyid: given.toLowerCase() };
  const text = given.includes("-----BEGIN") ? given : await readFile(given, "utf8").catch(() => undefined);
  const key = text !== undefined && text.includes("PUBLIC KEY") ? parsePublicKey(text) : undefined;
  if (!key)
    throw new UserError(`${given} is no ed25519 public key.`, {
      next: "lodestar receipts key > lodestar.pub, then verify with --key lodestar.pub (or --key <key id>)",
    });
  return { keyid: key.keyid, key };
}

function notAReceipt(file: string, why: string): UserError {
  return new UserError(`${file} is no receipt: ${why}.`, {
    next: "lodestar receipts lists the receipts of this machine",
  });
}

/** Whole or not there, also after a crash: written beside its place, synced, renamed, folder synced. */
export async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  try {
    const draft = `${path}.${randomBytes(4).toString("hex")}`;
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    throw new OutsideError(`${path} could not be written: ${messageOf(error)}`, { retryable: false, cause: error });
  }
}
