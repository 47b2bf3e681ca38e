import type { Secrets } from "../sdk/index.ts";
import { SHAPES } from "./secret-shapes.ts";

/** Values shorter than this are never redacted by value: they occur by chance. */
const SHORTEST = 6;
/** A line of a multi-line value is a secret of its own from this length. */
const SHORTEST_LINE = 20;

/**
 * Redacts the values it was told and everything with the shape of a well-known secret, as `[redacted:<kind>]`.
 * Time is linear in the text; redacting twice changes nothing.
 */
export function createSecrets(): Secrets {
  const known = new Set<string>();
  let knownPattern: RegExp | undefined;

  return {
    redact(text) {
      let clean = knownPattern ? text.replace(knownPattern, "[redacted:known]") : text;
      for (const { kind, hint, pattern } of SHAPES) {
        if (typeof hint === "string" ? !clean.includes(hint) : !hint.test(clean)) continue;
        clean = clean.replace(pattern, (_match, ...groups) => {
          const context: unknown = groups[0];
          return `${typeof context === "string" ? context : ""}[redacted:${kind}]`;
        });
      }
      return clean;
    },
    add(value) {
      for (const form of formsOf(value)) known.add(form);
      if (known.size === 0) return;
      const longestFirst = [...known].sort((a, b) => b.length - a.length);
      knownPattern = new RegExp(longestFirst.map((form) => RegExp.escape(form)).join("|"), "g");
    },
  };
}

/** Redacts text that comes in pieces, so that a secret that lies across two of them is found. */
export interface RedactStream {
  /** Takes a piece; returns what is certain by now. */
  push(chunk: string): string;
  /** Nothing came for a while: returns what is held, except a word that may go on (a prompt without newline is shown). */
  pause(): string;
  /** Returns the rest. */
  end(): string;
}

/** A line that is longer than this is cut; what is kept back is longer than any secret but a private key. */
const LONGEST_LINE = 64 * 1024;
const KEPT_BACK = 8 * 1024;
/** How a line ends that waits for an answer. */
const QUESTION = /[?:)\]>] ?$/;
/** What a secret follows after a space. */
const CONTEXT = /\b(?:bearer|basic|token)\s+$/i;
const PEM_OPEN = /-----BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?-----[\sA-Za-z0-9+/=:,\\-]*$/;

/** `secrets` over a stream: whole lines are let through, a private key only when it is whole, long lines in safe pieces. */
export function createRedactStream(secrets: Secrets): RedactStream {
  let held = "";

  /** Lets the first `length` characters go. */
  function release(length: number): string {
    const ready = held.slice(0, length);
    held = held.slice(length);
    return secrets.redact(ready);
  }

  return {
    push(chunk) {
      held += chunk;
      const line = held.lastIndexOf("\n") + 1;
      if (held.length > LONGEST_LINE && held.length - line > LONGEST_LINE / 2) return release(safeCut(held, secrets));
      if (line === 0) return "";
      const key = openKeyAt(held.slice(0, line));
      return key === undefined || held.length > LONGEST_LINE ? release(line) : release(key);
    },
    pause() {
      if (openKeyAt(held) !== undefined) return "";
      if (QUESTION.test(held)) return release(held.length);
      const words = held.slice(0, held.search(/\S*$/));
      return CONTEXT.test(words) ? "" : release(words.length);
    },
    end() {
      return release(held.length);
    },
  };
}

/** Where a private key begins that has not ended yet. */
function openKeyAt(text: string): number | undefined {
  const begin = text.lastIndexOf("-----BEGIN ");
  if (begin === -1) return undefined;
  const tail = text.slice(begin);
  return !tail.includes("-----END ") && PEM_OPEN.test(tail) ? begin : undefined;
}

/** A place to cut a long text where no secret is cut: both halves, redacted apart, give what the whole gives. */
function safeCut(text: string, secrets: Secrets): number {
  const whole = secrets.redact(text);
  for (let back = KEPT_BACK; back < text.length; back *= 2) {
    const middle = text.length - back;
    const cut = /[\uDC00-\uDFFF]/.test(text.charAt(middle)) ? middle - 1 : middle;
    if (secrets.redact(text.slice(0, cut)) + secrets.redact(text.slice(cut)) === whole) return cut;
  }
  return text.length;
}

/** A value as it is, and as JSON and URLs write it; of a multi-line value also its long lines. */
function formsOf(value: string): string[] {
  const forms = new Set<string>();
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  for (const part of [
    value,
    value.trim(),
    ...(lines.length > 1 ? lines.filter((l) => l.length >= SHORTEST_LINE) : []),
  ]) {
    if (part.length < SHORTEST) continue;
    forms.add(part);
    forms.add(JSON.stringify(part).slice(1, -1));
    forms.add(encodeURIComponent(part.toWellFormed()));
  }
  return [...forms];
}
