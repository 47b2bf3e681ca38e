import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import colors from "picocolors";
import type { NowLine } from "../sdk/status.ts";

const SHAPES = { working: "✦", "needs-you": "◆", waiting: "○", idle: "◌", failed: "✕", paused: "‖" } as const;

/** The version in package.json. */
export function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return manifest.version;
}

/** A path as it was typed, made absolute; a Windows path (`D:/ai`) is left for the daemon, which may run in WSL. */
export function pathArgument(path: string): string {
  return /^[A-Za-z]:[\\/]/.test(path) ? path : resolve(path);
}

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** Cause, what was tried, and the next command: to stderr, or as one JSON object to stdout. */
export function printError(error: { message: string; next: string; tried?: string | undefined; json: boolean }): void {
  const { message, next, tried } = error;
  if (error.json) return printJson({ error: { message, next, ...(tried === undefined ? {} : { tried }) } });
  console.error(`${colors.red("✕")} ${message}`);
  if (tried !== undefined) console.error(`  tried: ${tried}`);
  console.error(`  next:  ${next}`);
}

/** The now-line: shape, sentence, why, since when, what is next. */
export function printNow(now: Omit<NowLine, "idle">, at: number = Date.now()): void {
  const paint = {
    working: colors.cyan,
    "needs-you": colors.yellow,
    waiting: colors.blue,
    idle: colors.dim,
    failed: colors.red,
    paused: colors.dim,
  }[now.state];
  const usual = now.usuallySeconds === undefined ? "" : `, usually ${duration(now.usuallySeconds)}`;
  console.log(paint(`${SHAPES[now.state]} ${now.sentence}`));
  console.log(colors.dim(`  ${now.why} Since ${duration((at - Date.parse(now.since)) / 1000)}${usual}.`));
  console.log(`  next: ${now.next}`);
}

/** Columns padded to the widest cell; the last one is left as it is. */
export function printTable(rows: readonly (readonly string[])[], indent = ""): void {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  for (const row of rows)
    console.log(
      `${indent}${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ")}`.trimEnd(),
    );
}

/** `840 ms`, `4.2 s`, `3 m 20 s`, `2 h 5 m`, `3 d`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${Math.round(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KiB`;
  return count < 1024 ** 3 ? `${(count / 1024 ** 2).toFixed(1)} MiB` : `${(count / 1024 ** 3).toFixed(1)} GiB`;
}
