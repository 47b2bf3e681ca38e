import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { Envelope, messageOf, OutsideError, UserError } from "../sdk/index.ts";
import { decodeBase64, openSigningKey, parsePublicKey, readOwnKey, verifySignature } from "./keys.ts";
import { resolveKey } from "./receipts.ts";

/** A pack whose signature fits its content and whose signer is trusted. */
export interface VerifiedPack {
  /** The file's name and the first digits of the signer's key id. */
  readonly name: string;
  readonly keyid: string;
  readonly body: string;
}

/**
 * Signs the body of a pack with the data dir's key and writes it as a DSSE envelope that carries the public key. The body names
 * its own type, so that it can be taken for no receipt. Returns the key id.
 */
export async function writePack(file: string, { dataDir, body }: { dataDir: string; body: string }): Promise<string> {
  const key = await openSigningKey(dataDir);
  try {
    await writeFile(file, `${JSON.stringify(key.sign(body), null, 2)}\n`);
  } catch (error) {
    throw new OutsideError(`${file} cannot be written: ${messageOf(error)}`, { retryable: false, cause: error });
  }
  return key.keyid;
}

/**
 * The body of a pack's file. `key` is the signer's public key (PEM file, PEM text, or its 64-digit key id); the key of `dataDir`
 * is trusted too. Rejects with UserError when it is no signed file, was changed after signing, or nobody trusts its signer.
 */
export async function readPack(
  file: string,
  { dataDir, key }: { dataDir: string; key?: string },
): Promise<VerifiedPack> {
  const envelope = Envelope.safeParse(parseJson(await textOf(file)));
  const [signature, ...others] = envelope.data?.signatures ?? [];
  if (!envelope.success || !signature || others.length > 0)
    throw new UserError(`${file} is no signed pack of rules`, { next: "lodestar struggles export --output FILE" });
  const { keyid } = signature;
  const trusted = key === undefined ? undefined : await resolveKey(key);
  const own = await readOwnKey(dataDir);
  const known = [...(trusted ? [trusted] : []), ...(own ? [{ keyid: own.keyid, key: own }] : [])].find(
    (one) => one.keyid === keyid,
  );
  const carried = signature.publicKey === undefined ? undefined : parsePublicKey(signature.publicKey);
  // The key inside counts only when it is the one that its key id names.
  const used = known?.key ?? (carried?.keyid === keyid ? carried : undefined);
  const body = decodeBase64(envelope.data.payload)?.toString("utf8");
  if (body === undefined || !used || !verifySignature(envelope.data, signature, used))
    throw new UserError(`The signature of ${file} does not fit its content: one of them was changed after signing`, {
      next: "ask whoever sent it for the file again",
    });
  if (!known)
    throw new UserError(`${file} is intact, but nothing tells whose key ${keyid} is`, {
      tried: "this machine's own key, and --key",
      next: `compare the key id with its sender, then: lodestar struggles import ${file} --key ${keyid}`,
    });
  return { name: `${basename(file)}, signed by ${keyid.slice(0, 16)}`, keyid, body };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { next: "lodestar struggles import FILE" });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
