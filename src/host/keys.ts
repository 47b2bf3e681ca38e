import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Bug, OutsideError, PAYLOAD_TYPE, messageOf, type Envelope } from "../sdk/index.ts";

/** A public ed25519 key. `keyid` is the hex SHA-256 of its DER spki; `spki` that DER in base64. */
export interface PublicKey {
  readonly keyid: string;
  readonly spki: string;
  readonly pem: string;
  readonly object: KeyObject;
}

/** A key pair that signs receipts. */
export interface SigningKey extends PublicKey {
  sign(payload: string): Envelope;
}

/**
 * The data dir's own key, made on first need: `<dataDir>/keys/receipts.pem` (PKCS#8, mode 0600, folder 0700). Two
 * processes that come first at the same time end with the same key. Rejects with OutsideError when the file is no key.
 */
export async function openSigningKey(dataDir: string): Promise<SigningKey> {
  const folder = join(dataDir, "keys");
  const path = join(folder, "receipts.pem");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pem = (await readOptional(path)) ?? (await create(path));
  const privateKey = parsePrivate(pem, path);
  const publicKey = describe(createPublicKey(privateKey));
  return { ...publicKey, sign: (payload) => signEnvelope(payload, privateKey, publicKey) };
}

/** The data dir's public key, without making one. */
export async function readOwnKey(dataDir: string): Promise<PublicKey | undefined> {
  const path = join(dataDir, "keys", "receipts.pem");
  const pem = await readOptional(path);
  return pem === undefined ? undefined : describe(createPublicKey(parsePrivate(pem, path)));
}

/** A public key from PEM text or from base64 of its DER spki; undefined for anything that is no ed25519 key. */
export function parsePublicKey(text: string): PublicKey | undefined {
  try {
    const key = text.includes("-----BEGIN")
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" ? describe(key) : undefined;
  } catch {
    return undefined;
  }
}

/** Pre-authentication encoding of DSSE v1: lengths count bytes. https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    Buffer.from(payload),
  ]);
}

/** Whether `signature` is this key's over an envelope's payload. Only canonical base64 counts: one text for one signature. */
export function verifySignature(
  envelope: Envelope,
  signature: Envelope["signatures"][number],
  key: PublicKey,
): boolean {
  const payload = decodeBase64(envelope.payload);
  const sig = decodeBase64(signature.sig);
  if (!payload || !sig) return false;
  return verify(null, preAuthEncoding(envelope.payloadType, payload), key.object, sig);
}

/** Bytes of canonical standard base64; undefined for any other text, so that no two texts mean the same bytes. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

function signEnvelope(payload: string, privateKey: KeyObject, key: PublicKey): Envelope {
  const bytes = Buffer.from(payload, "utf8");
  const sig = sign(null, preAuthEncoding(PAYLOAD_TYPE, bytes), privateKey).toString("base64");
  return {
    payloadType: PAYLOAD_TYPE,
    payload: bytes.toString("base64"),
    signatures: [{ keyid: key.keyid, sig, publicKey: key.spki }],
  };
}

function describe(object: KeyObject): PublicKey {
  const der = object.export({ type: "spki", format: "der" });
  const pem = object.export({ type: "spki", format: "pem" });
  if (typeof pem !== "string") throw new Bug("a PEM export of a key gave no text");
  return { keyid: createHash("sha256").update(der).digest("hex"), spki: der.toString("base64"), pem, object };
}

/** Writes a new key beside its place and links it in, so that a reader sees a whole key and the first writer wins. */
async function create(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(privateKey);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, "utf8");
}

function parsePrivate(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new OutsideError(
      `${path} holds no usable signing key (${messageOf(error)}). Move it away to get a new one; receipts that it signed then verify with --key only.`,
      { retryable: false, cause: error },
    );
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw new OutsideError(`${path} cannot be read: ${messageOf(error)}`, { retryable: false, cause: error });
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
