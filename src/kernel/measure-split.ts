/** One command's output, cut into what each package or script of a monorepo printed. */
export interface Part {
  /** The package or script, as its tool names it; undefined for output that belongs to none. */
  readonly name?: string;
  /** The command that a package manager said it runs there. */
  readonly command?: string;
  readonly output: string;
}

/** Colours, cursor moves, titles and links of terminals go away; a line that was drawn over itself becomes several lines. */
export function stripTerminal(output: string): string {
  return output.replace(ESCAPES, "").replace(/\r\n?/g, "\n").replace(CONTROLS, "");
}

const ESC = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);
/** CSI (colours, cursor), OSC (titles, links) up to its end, the choice of a character set, and two-character escapes. */
const ESCAPES = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)|[()][0-9A-Za-z]|[@-Z\\\\^_])`,
  "g",
);
/** Every other control character but tab and line feed. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

/**
 * Cuts output at the marks that tell whose it is: line prefixes (turbo `pkg:test: `, pnpm -r `packages/a test: `,
 * yarn `[pkg]: `, lerna `pkg: `, concurrently `[0] `), and the lines that npm, pnpm and nx print above a script's own output.
 */
export function splitRuns(output: string): Part[] {
  const lines = output.split("\n");
  const prefix = PREFIXES.find((candidate) => explains(candidate, lines));
  if (!prefix) return splitAtBanners(lines);
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = "", text = line] = prefix.exec(line) ?? [];
    const group = groups.get(name);
    if (group) group.push(text);
    else groups.set(name, [text]);
  }
  return [...groups].flatMap(([name, own]) =>
    splitAtBanners(own).map((part) => (name === "" ? part : { ...part, name: part.name ?? name })),
  );
}

const PREFIXES = [
  /^((?:@[\w.-]+\/)?[\w.-]+:[a-z][\w:.-]*): ?(.*)$/, // turbo
  /^((?:\.|[\w.@-]+(?:\/[\w.@-]+)*) [a-z][\w:.-]*)(?::|\$) (.*)$/, // pnpm -r
  /^\[(?!(?:error|warn|warning|info|debug|trace)\])((?:@[\w.-]+\/)?[a-z0-9][\w.:-]*)\]:? ?(.*)$/, // yarn workspaces foreach -v, concurrently
  /^((?:@[\w.-]+\/)[\w.-]+): (.*)$/, // lerna --stream, scoped names only: others look like any message
];

/** A prefix holds when it stands on at least two lines, and on more than half of those that are not blank. */
function explains(prefix: RegExp, lines: readonly string[]): boolean {
  const written = lines.filter((line) => line.trim() !== "");
  const matching = written.filter((line) => prefix.test(line)).length;
  return matching >= 2 && matching * 2 > written.length;
}

/** npm and pnpm: `> name@1.0.0 test` (or `> test`, yarn-like), then `> command`. nx: `> nx run pkg:test`. */
function splitAtBanners(lines: readonly string[]): Part[] {
  const parts: { name?: string; command?: string; output: string }[] = [];
  let own: string[] = [];
  let head: { name?: string; command?: string } = {};
  const close = (): void => {
    if (own.some((line) => line.trim() !== "")) parts.push({ ...head, output: own.join("\n") });
    own = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const banner = readBanner(line, lines[index + 1] ?? "");
    if (banner) {
      close();
      head = { name: banner.name, ...(banner.command === undefined ? {} : { command: banner.command }) };
      if (banner.command !== undefined) index += 1;
    } else own.push(line);
  }
  close();
  return parts;
}

function readBanner(line: string, next: string): { name: string; command?: string } | undefined {
  const nx = /^> nx run (\S+)/.exec(line)?.[1];
  if (nx !== undefined) return { name: nx };
  const named = /^> (\S+@\S* \S+(?: \S+)?|[\w:.-]+)$/.exec(line.trimEnd())?.[1];
  const command = /^> (.+)$/.exec(next)?.[1];
  return named !== undefined && command !== undefined ? { name: named, command } : undefined;
}
