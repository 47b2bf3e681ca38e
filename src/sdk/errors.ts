/**
 * The three thrown errors. Failures that cross a border (a command that exits 1, a probe that times out) are data,
 * never one of these. The brand survives duplicated copies of this package, `instanceof` does not.
 */
const BRAND = Symbol.for("lodestar.error");

abstract class Branded extends Error {
  readonly [BRAND]: string;

  constructor(brand: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = brand;
    this[BRAND] = brand;
  }
}

/** The user's mistake. Exit status 2. `next` is the exact command (or sentence) that mends it; `tried` says what was tried. */
export class UserError extends Branded {
  readonly next: string;
  readonly tried: string | undefined;

  constructor(message: string, options: { next: string; tried?: string; cause?: unknown }) {
    super("UserError", message, { cause: options.cause });
    this.next = options.next;
    this.tried = options.tried;
  }
}

/** The world failed us (network, disk, a program). `retryAfter` is in milliseconds. */
export class OutsideError extends Branded {
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(message: string, options: { retryable: boolean; retryAfter?: number; cause?: unknown }) {
    super("OutsideError", message, { cause: options.cause });
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
  }
}

/** A broken promise inside Lodestar. Exit status 3. */
export class Bug extends Branded {
  constructor(message: string, options?: ErrorOptions) {
    super("Bug", message, options);
  }
}

export function isUserError(error: unknown): error is UserError {
  return brandOf(error) === "UserError";
}

export function isOutsideError(error: unknown): error is OutsideError {
  return brandOf(error) === "OutsideError";
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function brandOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && BRAND in error ? error[BRAND] : undefined;
}
