import { OutsideError } from "../sdk/errors.ts";
import type { NowLine } from "../sdk/status.ts";

/**
 * What the daemon answers, checked by hand: loading zod takes longer than all the rest of `lodestar status`
 * (`bench/status.ts`). What is not checked here is not promised by these types.
 */

/** Where a daemon listens and the token that opens it; `<data dir>/daemon.json`. */
export interface Endpoint {
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  readonly version: string;
  readonly boot: string;
}

/** The now-line of one repository; `idle` is passed on as it came. */
export interface StatusLine {
  readonly repo: string;
  readonly name: string;
  readonly path: string;
  readonly now: Omit<NowLine, "idle"> & { readonly idle?: unknown };
}

/** A request that was refused, with what to do next. */
export interface Failure {
  readonly message: string;
  readonly next: string;
  readonly tried?: string;
  readonly bug?: boolean;
}

const STATES: Readonly<Record<NowLine["state"], true>> = {
  working: true,
  "needs-you": true,
  waiting: true,
  idle: true,
  failed: true,
  paused: true,
};

export function isEndpoint(value: unknown): value is Endpoint {
  return hasTexts(value, ["token", "version", "boot"]) && isWhole(value["port"]) && isWhole(value["pid"]);
}

/** Rejects an answer that is none: then the daemon is not the one that this program knows. */
export function statusLineOf(answer: unknown): StatusLine {
  if (isStatusLine(answer)) return answer;
  throw new OutsideError("The daemon's answer is not understood", { retryable: false });
}

/** The refusal in an answer; undefined when it is none. */
export function failureIn(answer: unknown): Failure | undefined {
  const failure = isRecord(answer) ? answer["error"] : undefined;
  return isFailure(failure) ? failure : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it is a whole number. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isStatusLine(value: unknown): value is StatusLine {
  return hasTexts(value, ["repo", "name", "path"]) && isNow(value["now"]);
}

function isNow(value: unknown): value is StatusLine["now"] {
  if (!hasTexts(value, ["sentence", "why", "since", "next", "state"])) return false;
  return (
    Object.hasOwn(STATES, String(value["state"])) &&
    isOptional(value["usuallySeconds"], "number") &&
    isOptional(value["action"], "string")
  );
}

function isFailure(value: unknown): value is Failure {
  return (
    hasTexts(value, ["message", "next"]) && isOptional(value["tried"], "string") && isOptional(value["bug"], "boolean")
  );
}

function hasTexts(value: unknown, names: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && names.every((name) => typeof value[name] === "string");
}

function isOptional(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value === undefined || typeof value === type;
}
