/** A drive path of Windows (`D:\ai`, `D:/ai`, `d:`) as WSL mounts it (`/mnt/d/ai`); undefined for anything else (UNC, relative). */
export function toWsl(path: string): string | undefined {
  const match = /^([A-Za-z]):(?:[\\/](.*))?$/s.exec(path);
  if (!match) return undefined;
  const rest = (match[2] ?? "").replaceAll("\\", "/");
  const mount = `/mnt/${(match[1] ?? "").toLowerCase()}`;
  return rest === "" ? mount : `${mount}/${rest}`;
}

/** `/mnt/d/ai` as Windows names it (`D:/ai`); undefined for what is on no drive or holds what a Windows name cannot. */
export function toWindows(path: string): string | undefined {
  const match = /^\/mnt\/([a-z])(?:\/(.*))?$/s.exec(path);
  const rest = match?.[2] ?? "";
  if (!match || /[\\:*?"<>|\0]/.test(rest)) return undefined;
  return `${(match[1] ?? "").toUpperCase()}:/${rest}`;
}

export type Translated =
  | { readonly kind: "same" | "translated"; readonly command: string }
  /** Destroys something, or means another thing on the other side: a person decides. */
  | { readonly kind: "ask"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string };

/** Commands of cmd.exe that have one harmless counterpart, with their flags. A flag that is not listed makes it unknown. */
const COMMANDS: Readonly<Record<string, { to: string; flags: Readonly<Record<string, string>> }>> = {
  dir: { to: "ls", flags: { "/b": "-1", "/a": "-a", "/s": "-R" } },
  type: { to: "cat", flags: {} },
  copy: { to: "cp", flags: { "/y": "" } },
  xcopy: { to: "cp", flags: { "/e": "-r", "/s": "-r", "/y": "", "/i": "" } },
  md: { to: "mkdir -p", flags: {} },
  mkdir: { to: "mkdir -p", flags: {} },
  where: { to: "which", flags: {} },
  cls: { to: "clear", flags: {} },
  findstr: { to: "grep", flags: { "/i": "-i", "/s": "-r", "/n": "-n", "/v": "-v" } },
  tasklist: { to: "ps aux", flags: {} },
  ipconfig: { to: "ip addr", flags: {} },
  cd: { to: "cd", flags: { "/d": "" } },
  echo: { to: "echo", flags: {} },
};
/** Never carried over by itself: they delete, overwrite, end or format. */
const DESTRUCTIVE =
  /^(del|erase|rd|rmdir|format|diskpart|move|ren|rename|taskkill|shutdown|reg|cipher|attrib|icacls|takeown|robocopy|rm|mkfs\S*|dd|shred|kill|pkill|reboot)(\.exe)?$/i;

/**
 * A command of cmd.exe as it is typed in WSL. Destructive commands are never translated silently: they come back as `ask`; so does
 * anything with redirection or chaining, since its parts would have to be judged one by one.
 */
export function toWslCommand(line: string): Translated {
  const words = line.trim().match(/"[^"]*"|\S+/g) ?? [];
  const [program = "", ...rest] = words;
  const name = program
    .replaceAll('"', "")
    .replace(/\.exe$/i, "")
    .toLowerCase();
  if (DESTRUCTIVE.test(name)) return { kind: "ask", because: `${name} changes or removes something` };
  if (/[|&<>^%`$;]/.test(line))
    return { kind: "ask", because: "it chains, redirects or expands, which the two shells do differently" };
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!known) return { kind: "unknown", because: `no counterpart of ${name} is known` };
  const translated: string[] = [known.to];
  for (const word of rest) {
    const flag = /^\/[a-z?]+$/i.test(word) ? word.toLowerCase() : undefined;
    if (flag !== undefined && !Object.hasOwn(known.flags, flag))
      return { kind: "unknown", because: `${name} ${flag} has no counterpart` };
    translated.push(flag === undefined ? argument(word) : (known.flags[flag] ?? ""));
  }
  const command = translated.filter((word) => word !== "").join(" ");
  return { kind: command === line.trim() ? "same" : "translated", command };
}

/** Paths are translated and quoted for sh; other words only quoted where they need it. */
function argument(word: string): string {
  const bare = word.replaceAll('"', "");
  const path = toWsl(bare) ?? (/^[\w .~-]+(\\[\w .-]+)+$/.test(bare) ? bare.replaceAll("\\", "/") : bare);
  return /^[\w./@:=+~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
