import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeFileSync, writeSync } from "node:fs";
import { mkdir, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Bug, UserError, type Secrets, type SegmentRef, type Segments, type SegmentWriter } from "../sdk/index.ts";
import { createRedactStream } from "./secrets.ts";

const MIB = 1024 * 1024;
/** Of what does not fit, so much of the end is kept: that is where the error or the totals stand. */
const KEPT_END = 64 * 1024;
/** A line that waits for its end (a prompt) is shown after this many milliseconds. */
const PAUSE = 250;
const EXTENSION = ".log";
const SEAL = ".sha256";

/**
 * Bulk output in files of `dir`, mode 0600. A segment takes `maxBytes` (default 64 MiB); of what comes after that only
 * the last 64 KiB are kept, with a line that says how much is missing. `open(name)` makes `<name>-<n>` with the first
 * free n: nothing is ever overwritten. Whatever a name contains, it stays inside `dir`. What was written is readable at
 * once and survives a kill -9 of the daemon. A full disk drops output, it never throws.
 */
export function openSegments(dir: string, secrets: Secrets, options: { maxBytes?: number } = {}): Segments {
  const maxBytes = options.maxBytes ?? 64 * MIB;

  return {
    async open(name) {
      const base = cleanName(name);
      await mkdir(dirname(join(dir, base)), { recursive: true, mode: 0o700 });
      for (let n = 1; ; n++) {
        const segment = `${base}-${n}`;
        const file = join(dir, segment + EXTENSION);
        const fd = createNew(file);
        if (fd !== undefined) return createWriter({ segment, file, fd, secrets, maxBytes });
      }
    },
    async read({ segment, from, to }, limit) {
      const file = join(dir, segment + EXTENSION);
      const handle = isName(segment) ? await open(file).catch(() => undefined) : undefined;
      if (!handle)
        throw new UserError(`There is no output named ${segment} (it may have been removed to save space).`, {
          next: "lodestar logs",
        });
      try {
        const sealed = await exists(join(dir, segment + SEAL));
        const end = Math.min((await handle.stat()).size, to ?? Infinity);
        const start = Math.max(0, Math.min(from, end));
        const bytes = Buffer.alloc(Math.min(Math.max(limit, 4), end - start));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        const [first, last] = wholeCharacters(bytes.subarray(0, bytesRead));
        return { text: bytes.toString("utf8", first, last), to: start + last, sealed };
      } finally {
        await handle.close();
      }
    },
    async list(prefix) {
      const names = await readdir(dir, { recursive: true }).catch(() => []);
      const present = new Set(names);
      const logs = names.filter((name) => name.endsWith(EXTENSION) && name.startsWith(prefix)).sort();
      const found = await Promise.all(
        logs.map(async (name) => {
          const info = await stat(join(dir, name)).catch(() => undefined);
          const segment = name.slice(0, -EXTENSION.length);
          if (!info?.isFile()) return [];
          const startedAt = info.birthtime.toISOString();
          return [{ segment, bytes: info.size, sealed: present.has(segment + SEAL), startedAt }];
        }),
      );
      return found.flat();
    },
  };
}

interface Place {
  readonly segment: string;
  readonly file: string;
  readonly fd: number;
  readonly secrets: Secrets;
  readonly maxBytes: number;
}

function createWriter(place: Place): SegmentWriter {
  const stream = createRedactStream(place.secrets);
  const file = createBoundedFile(place);
  let sealed: Promise<SegmentRef & { sha256: string }> | undefined;
  let pause: NodeJS.Timeout | undefined;

  async function seal() {
    clearTimeout(pause);
    file.store(stream.end());
    const sha256 = file.close();
    return { segment: place.segment, from: 0, to: file.size(), sha256 };
  }

  return {
    segment: place.segment,
    write(chunk) {
      if (sealed) throw new Bug(`${place.segment} is sealed and was written to`);
      if (file.full()) return file.drop(chunk);
      file.store(stream.push(chunk));
      clearTimeout(pause);
      pause = setTimeout(() => file.store(stream.pause()), PAUSE).unref();
    },
    size: () => file.size(),
    seal: () => (sealed ??= seal()),
  };
}

/** A file that takes its limit; what is dropped after that is counted, and its end is kept until `close`. */
function createBoundedFile({ file, fd, secrets, maxBytes }: Place) {
  const hash = createHash("sha256");
  let bytes = 0;
  let end = "";
  let dropped = 0;

  /** Takes redacted text. On a full disk the text is lost, and `close` says so. */
  function store(text: string): void {
    const data = Buffer.from(text, "utf8");
    let written = 0;
    try {
      while (written < data.length) written += writeSync(fd, data, written);
    } catch {
      dropped += data.length - written;
    }
    hash.update(data.subarray(0, written));
    bytes += written;
  }

  /** The kept end from its first whole line on, after a line that says what is missing. */
  function closing(): string {
    if (dropped === 0) return "";
    const tail = end.length < KEPT_END ? end : end.slice(end.indexOf("\n") + 1);
    const missing = dropped - Buffer.byteLength(tail);
    const note = missing > 0 ? `\n[lodestar: ${missing} bytes of output are missing here]\n` : "";
    return note + secrets.redact(tail);
  }

  return {
    store,
    full: () => dropped > 0 || bytes >= maxBytes,
    size: () => bytes,
    drop(chunk: string): void {
      dropped += Buffer.byteLength(chunk);
      end = (end + chunk).slice(-KEPT_END);
    },
    /** Writes the rest and the seal; returns the file's hash. Without room for the seal the segment stays unsealed. */
    close(): string {
      store(closing());
      const sha256 = hash.digest("hex");
      try {
        fdatasyncSync(fd);
        const line = `${sha256}  ${basename(file)}\n`;
        writeFileSync(file.slice(0, -EXTENSION.length) + SEAL, line, { mode: 0o600 });
      } catch {
        // The output is there; only its seal is missing.
      } finally {
        closeSync(fd);
      }
      return sha256;
    },
  };
}

/** Letters, digits, `._-` and `/`; no part starts with a dot, is empty or longer than 80 characters. */
function cleanName(name: string): string {
  const parts = name.split("/").map((part) =>
    part
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[.-]+|-+$/g, "")
      .slice(0, 80),
  );
  return parts.filter((part) => part !== "").join("/") || "output";
}

/** Whether this can be the name of a segment: what `cleanName` makes, with a number. */
function isName(segment: string): boolean {
  return segment.split("/").every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part));
}

/** Creates a file that does not exist yet; undefined when it does. */
function createNew(file: string): number | undefined {
  try {
    return openSync(file, "wx", 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** First and last offset of the whole UTF-8 characters in `bytes`: a piece may begin and end inside one. */
function wholeCharacters(bytes: Buffer): [number, number] {
  let first = 0;
  while (first < Math.min(3, bytes.length) && isContinuation(bytes[first])) first++;
  let lead = bytes.length - 1;
  while (lead > bytes.length - 4 && lead >= first && isContinuation(bytes[lead])) lead--;
  const byte = bytes[lead] ?? 0;
  const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  return [first, lead >= first && lead + needs > bytes.length ? lead : bytes.length];
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
