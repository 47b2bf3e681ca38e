import { isOutsideError, type DriverTools, type RuntimeAnswer } from "../../sdk/index.ts";

/** One installed runtime. `folder` holds its programs. */
export interface Candidate {
  readonly version: string;
  readonly folder: string;
  readonly how: string;
  readonly reads?: readonly string[];
}

/** What differs between runtimes; how one is chosen is the same for all (`findRuntime`). */
export interface RuntimeSpec {
  /** As people say it: `Python`. */
  readonly title: string;
  readonly program: string;
  /** Prints a line with the version; `--version` when absent. */
  readonly args?: readonly string[];
  /** Folders below the home folder where version managers keep one folder per version, and where the programs lie in it. */
  readonly installs: readonly string[];
  /** Rewrites what the repo asks for into a range that `Versions` understands. */
  range?(asked: string): string;
  /** A version that is not what was asked for and yet works as a rule. */
  readonly near?: (version: string, asked: string) => boolean;
  /** Other places to look, after PATH and before the installs. */
  more?(tools: DriverTools): Promise<readonly Candidate[]>;
  /** Downloads one that fits; undefined when there is none. */
  bring?(range: string, tools: DriverTools): Promise<Candidate | undefined>;
  /** Others are told the folder of the install (`JAVA_HOME`), so a link on PATH will not do. */
  readonly homeMatters?: boolean;
  env?(candidate: Candidate): Readonly<Record<string, string>>;
  /** The command that installs it where mise is not there. */
  next(asked: string | undefined): string;
  /** mise's name for it: `mise install <name>@<version>`. */
  readonly mise: string;
}

/**
 * Chooses a runtime: the one on PATH if it fits or nothing is asked, then the newest installed one that fits, then one
 * that can be brought, then one that is near enough (said with `next`). A range that nobody understands takes what is on PATH
 * and says so; it is never claimed to fit.
 */
export async function findRuntime(
  spec: RuntimeSpec,
  asked: string | undefined,
  tools: DriverTools,
): Promise<RuntimeAnswer> {
  const wanted = asked?.trim() || undefined;
  const have = await candidates(spec, tools);
  const [first] = have;
  if (wanted === undefined) {
    const any = first ? { got: first } : await bring(spec, "*", tools);
    return any.got ? answer(spec, any.got) : missing(spec, wanted, { ...any, have: undefined }, tools);
  }
  const range = spec.range?.(wanted) ?? wanted;
  const fits = have.find((one) => tools.versions.satisfies(one.version, range) === true);
  if (fits) return answer(spec, fits);
  const understood = first === undefined || have.some((one) => tools.versions.satisfies(one.version, range) === false);
  const brought = await bring(spec, range, tools);
  if (brought.got) return answer(spec, brought.got);
  const next = await nextOf(spec, wanted, tools);
  if (!understood && first) {
    const how = `${first.how}; whether it fits "${wanted}" is unknown`;
    return { ...answer(spec, { ...first, how }), next };
  }
  const near = have.find((one) => (spec.near ?? samePatchLine)(one.version, wanted));
  if (near) return { ...answer(spec, { ...near, how: `${near.how}, close to the ${wanted} that is asked for` }), next };
  return missing(spec, wanted, { ...brought, have: first }, tools);
}

/** Without a registry nothing can be brought; what is there may still do. */
async function bring(
  spec: RuntimeSpec,
  range: string,
  tools: DriverTools,
): Promise<{ got?: Candidate | undefined; why?: string }> {
  try {
    return { got: await spec.bring?.(range, tools) };
  } catch (error) {
    if (isOutsideError(error)) return { why: error.message };
    throw error;
  }
}

/** The first version number in what a program printed. */
export function versionIn(line: string | undefined): string | undefined {
  return line === undefined
    ? undefined
    : /\d+(?:\.\d+)+(?:[-.]?(?:a|b|rc|alpha|beta|preview|nightly|dev)[\w.]*)?/.exec(line)?.[0];
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** `3.11.9` asked and `3.11.2` there: only the patch differs. */
export function samePatchLine(version: string, asked: string): boolean {
  const exact = /^[v=]*(\d+\.\d+)\.\d+$/.exec(versionIn(asked) ?? "");
  return exact?.[1] !== undefined && version.startsWith(`${exact[1]}.`);
}

/** PATH first, then `more`, then the installs of version managers, newest first; each one really answers. */
async function candidates(spec: RuntimeSpec, tools: DriverTools): Promise<Candidate[]> {
  const [onPath, more, installed] = await Promise.all([
    pathCandidate(spec, tools),
    spec.more?.(tools) ?? [],
    installedCandidates(spec, tools),
  ]);
  if (onPath === undefined) return [...more, ...installed];
  const shim = /\/(?:shims|\.cargo\/bin|\.volta\/bin)$/.test(onPath.folder);
  if (!shim && spec.homeMatters !== true) return [onPath, ...more, ...installed];
  // A shim (or a link) only leads to an install; a sandbox shows that one and not the version manager.
  const real = [...more, ...installed].find((one) => one.version === onPath.version);
  if (real) return [real, ...more, ...installed];
  return shim ? [...more, ...installed, onPath] : [onPath, ...more, ...installed];
}

async function pathCandidate(spec: RuntimeSpec, { toolbox }: DriverTools): Promise<Candidate | undefined> {
  const path = await toolbox.which(spec.program);
  const version = path === undefined ? undefined : versionIn(await toolbox.version(path, spec.args ?? ["--version"]));
  if (path === undefined || version === undefined) return undefined;
  const folder = folderOf(path);
  const system = /^\/(?:usr|bin|sbin|opt|nix)(?:\/|$)/.test(folder);
  return { version, folder, how: `${spec.title} ${version} on PATH`, ...(system ? {} : { reads: [folder] }) };
}

async function installedCandidates(spec: RuntimeSpec, { toolbox, versions, home }: DriverTools): Promise<Candidate[]> {
  const found = await Promise.all(
    spec.installs.map(async (install) => {
      const [base = "", bin = ""] = install.split("/*");
      const names = (await toolbox.list(`${home}/${base}`)).filter((name) =>
        /^[a-z-]*\d+\.\d|stable|nightly/i.test(name),
      );
      return Promise.all(
        names.map(async (name): Promise<Candidate[]> => {
          const root = `${home}/${base}/${name}`;
          const version = versionIn(await toolbox.version(`${root}${bin}/${spec.program}`, spec.args ?? ["--version"]));
          if (version === undefined) return [];
          return [{ version, folder: `${root}${bin}`, how: `${spec.title} ${version} of ~/${base}`, reads: [root] }];
        }),
      );
    }),
  );
  return newestFirst(found.flat(2), versions);
}

function newestFirst(found: readonly Candidate[], versions: DriverTools["versions"]): Candidate[] {
  const rest = [...found];
  const sorted: Candidate[] = [];
  for (;;) {
    const newest = versions.pick(
      rest.map((one) => one.version),
      "*",
    );
    const index = rest.findIndex((one) => one.version === newest);
    if (index < 0) return [...sorted, ...rest];
    sorted.push(...rest.splice(index, 1));
  }
}

function answer(spec: RuntimeSpec, candidate: Candidate): Extract<RuntimeAnswer, { ok: true }> {
  const env = spec.env?.(candidate);
  return {
    ok: true,
    version: candidate.version,
    path: [candidate.folder],
    how: candidate.how,
    ...(env && { env }),
    ...(candidate.reads && { reads: candidate.reads }),
  };
}

async function missing(
  spec: RuntimeSpec,
  asked: string | undefined,
  found: { have: Candidate | undefined; why?: string },
  tools: DriverTools,
): Promise<RuntimeAnswer> {
  const { have, why } = found;
  const wish = asked === undefined ? spec.title : `${spec.title} ${asked}`;
  const there = have ? `only ${have.how} is there` : `no ${spec.program} was found on PATH`;
  return {
    ok: false,
    because: `${wish} is needed, and ${there}.${why === undefined ? "" : ` ${why}`}`,
    next: await nextOf(spec, asked, tools),
  };
}

async function nextOf(spec: RuntimeSpec, asked: string | undefined, { toolbox }: DriverTools): Promise<string> {
  if ((await toolbox.which("mise")) === undefined) return spec.next(asked);
  return `mise install ${spec.mise}@${versionOf(asked) ?? "latest"}`;
}

/** A version that an installer can be asked for: `>=3.9,<3.13` -> `3.9`. */
export function versionOf(asked: string | undefined): string | undefined {
  return asked === undefined ? undefined : /\d+(?:\.\d+)*/.exec(asked)?.[0];
}
