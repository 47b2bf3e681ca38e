import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { messageOf, type DirView } from "../sdk/index.ts";

/** Where a view reads from: a working tree, a commit, or a map in a test. `read` gives undefined for what is absent or no text. */
export interface RepoSource {
  readonly files: readonly string[];
  read(path: string): Promise<string | undefined>;
}

export interface RepoView {
  /** The view of one directory, `"."` for the root. */
  dir(path: string): DirView;
  /** Every directory that holds a file. */
  readonly dirs: readonly string[];
  /** Files that could not be parsed, in the order they were met; each file once. */
  readonly problems: readonly { file: string; message: string }[];
}

const BELOW_LIMIT = 20_000;
/** What a source does not give although it lists it. Lockfiles are often that large, and nothing is missed there. */
const UNREAD = "it was not read: it is larger than 1 MiB, no text, or out of reach";
const LOCK = /lock|shrinkwrap/;

/** A repo as detectors see it: an index of its files, texts read once, manifests parsed once. */
export function viewRepo(source: RepoSource): RepoView {
  const namesByDir = indexByDir(source.files);
  const sorted = source.files.toSorted();
  const top = sorted.slice(0, BELOW_LIMIT);
  const texts = new Map<string, Promise<string | undefined>>();
  const parsed = new Map<string, Promise<unknown>>();
  const problems: { file: string; message: string }[] = [];

  function text(path: string): Promise<string | undefined> {
    let known = texts.get(path);
    if (!known) {
      known = source.read(path);
      texts.set(path, known);
    }
    return known;
  }

  function parse(path: string, parser: (text: string) => unknown): Promise<unknown> {
    let known = parsed.get(path);
    if (!known) {
      known = text(path).then((content) => {
        if (content === undefined) {
          if (hasFile(namesByDir, path) && !LOCK.test(path)) problems.push({ file: path, message: UNREAD });
          return undefined;
        }
        try {
          return parser(content);
        } catch (error) {
          problems.push({ file: path, message: firstLine(messageOf(error)) });
          return undefined;
        }
      });
      parsed.set(path, known);
    }
    return known;
  }

  function view(dir: string): DirView {
    const names = namesByDir.get(dir) ?? [];
    const full = (name: string) => join(dir, name);
    return {
      dir,
      names,
      below: () => (dir === "." ? top : filesBelow(sorted, dir).slice(0, BELOW_LIMIT)),
      has: (name) => (name.includes("/") ? hasFile(namesByDir, full(name)) : names.includes(name)),
      text: (name) => text(full(name)),
      json: (name) => parse(full(name), (content) => parseJson(content, full(name))),
      yaml: (name) => parse(full(name), (content) => parseYaml(content, { logLevel: "error" })),
      toml: (name) => parse(full(name), parseToml),
      at: async (name, needle) => locate(full(name), needle === undefined ? undefined : await text(full(name)), needle),
      get root() {
        return view(".");
      },
      sub: (path) => view(join(dir, path)),
    };
  }

  return { dir: view, dirs: [...namesByDir.keys()].sort(), problems };
}

/** `a/b` + `../c` = `a/c`; stays inside the repo (what would leave it ends at the root). */
function join(dir: string, name: string): string {
  const parts: string[] = [];
  for (const part of `${dir}/${name}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/") || ".";
}

function indexByDir(files: readonly string[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const file of files) {
    const slash = file.lastIndexOf("/");
    const dir = slash < 0 ? "." : file.slice(0, slash);
    const names = index.get(dir);
    if (names) names.push(file.slice(slash + 1));
    else index.set(dir, [file.slice(slash + 1)]);
  }
  return index;
}

/** Files with one prefix stand together in a sorted list: two binary searches instead of a walk. `0` is the character after `/`. */
function filesBelow(sorted: readonly string[], dir: string): readonly string[] {
  return sorted.slice(firstAtLeast(sorted, `${dir}/`), firstAtLeast(sorted, `${dir}0`));
}

function firstAtLeast(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hasFile(index: Map<string, string[]>, path: string): boolean {
  const slash = path.lastIndexOf("/");
  return (index.get(slash < 0 ? "." : path.slice(0, slash)) ?? []).includes(path.slice(slash + 1));
}

/** Manifests and lockfiles that are read by strict parsers; settings of tools may have comments and trailing commas. */
const STRICT = /(^|\/)(package|composer|[^/]*lock[^/]*|[^/]*shrinkwrap)\.json$/;

function parseJson(content: string, path: string): unknown {
  const text = content.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replaceAll(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "$1");
    if (STRICT.test(path)) throw error;
    try {
      return JSON.parse(plain.replaceAll(/("(?:[^"\\]|\\.)*")|,(\s*[}\]])/g, "$1$2"));
    } catch {
      throw error;
    }
  }
}

function locate(path: string, content: string | undefined, needle: string | undefined): string {
  if (content === undefined || needle === undefined) return path;
  const index = content.indexOf(needle);
  return index < 0 ? path : `${path}:${content.slice(0, index).split("\n").length}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
