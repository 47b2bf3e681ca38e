import type { DirView } from "../../sdk/index.ts";
import { commandText } from "./_shared-compose.ts";
import { capture } from "./_shared-manifests.ts";

export interface Dockerfile {
  /** Base images in order, without those that are earlier stages. */
  readonly images: readonly { readonly image: string; readonly line: string }[];
  /** What the last stage starts, as a shell line that works in the folder itself; undefined where it cannot. */
  readonly command: string | undefined;
  readonly commandLine: string | undefined;
  readonly port: number | undefined;
  readonly portLine: string | undefined;
}

/** What a Dockerfile says about running its folder without a container. */
export async function readDockerfile(dir: DirView, file: string): Promise<Dockerfile | undefined> {
  const text = await dir.text(file);
  if (text === undefined) return undefined;
  const lines = text
    .replace(/\\\r?\n/g, " ")
    .split("\n")
    .map((line) => line.trim());
  const stages = new Set<string>();
  const images: { image: string; line: string }[] = [];
  let last: string[] = [];
  for (const line of lines) {
    const [, image, stage] = line.match(/^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i) ?? [];
    if (image) {
      if (!stages.has(image.toLowerCase()) && image !== "scratch") images.push({ image, line: `FROM ${image}` });
      if (stage) stages.add(stage.toLowerCase());
      last = [];
    } else last.push(line);
  }
  const workdir =
    last.flatMap((line) => capture(line, /^WORKDIR\s+(\S+)/i) ?? []).at(-1) ?? capture(text, /^WORKDIR\s+(\S+)/im);
  const entry = last.findLast((line) => /^ENTRYPOINT\s/i.test(line));
  const cmd = last.findLast((line) => /^CMD\s/i.test(line));
  // An entrypoint script prepares the container and then runs the command that it is given.
  const prepares = entry !== undefined && cmd !== undefined && /entrypoint|tini|dumb-init/.test(entry.slice(10));
  const words = [prepares ? undefined : entry, cmd].flatMap((line) => (line ? (shellLine(line) ?? []) : []));
  const exposed = last.findLast((line) => /^EXPOSE\s+\d/i.test(line));
  const set = last.findLast((line) => /^ENV\s+PORT[=\s]\s*"?\d/i.test(line));
  const port = capture(set, /(\d+)/) ?? capture(exposed, /(\d+)/);
  return {
    images,
    command: words.length === 0 ? undefined : hosted(words.join(" "), workdir),
    commandLine: (cmd ?? entry)?.slice(0, 40),
    port: port ? Number(port) : undefined,
    portLine: set ?? exposed,
  };
}

function shellLine(line: string): string | undefined {
  const value = line.replace(/^\w+\s+/, "");
  if (!value.startsWith("[")) return value;
  try {
    return commandText(JSON.parse(value));
  } catch {
    return undefined;
  }
}

/** The container's own paths become the folder's; a program that exists only in the image has no command here. */
function hosted(command: string, workdir: string | undefined): string | undefined {
  const inside = workdir?.replace(/\/$/, "");
  const here = inside ? command.replaceAll(new RegExp(`${inside.replace(/\W/g, "\\$&")}/`, "g"), "./") : command;
  if (/^\/|^(nginx|httpd|apache2\S*|caddy|supervisord|tini|dumb-init|docker-\S+)\b|^\S*entrypoint\S*$/.test(here))
    return undefined;
  return here;
}
