import { execFile, spawn, type ChildProcess } from "node:child_process";
import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Bug, UserError, type Network, type SandboxAnswer } from "../sdk/index.ts";
import { onLifeline } from "./lifeline.ts";
import { machineEnv } from "./machine-env.ts";
import { SITE_MARK } from "./process-table.ts";
import { exists, isWithin, masks, pathMounts, systemMounts, type Mount } from "./sandbox-mounts.ts";

/** A folder or file of the host and where it is seen inside. A plain path is seen at itself. */
export type Place = string | { readonly from: string; readonly at: string };

/** What a sandboxed command sees. Everything else of the machine is not there. Paths are absolute. */
export interface SandboxView {
  /** Writable, except its `.git`. */
  readonly repo: Place;
  /** Writable; for what commands keep (HOME is in it). */
  readonly scratch: Place;
  /** Seen as `/tmp`; a memory file system of its own when absent. Must not lie in another writable place. */
  readonly tmp?: string;
  /** HOME as seen inside. */
  readonly home: string;
  /** Working directory as seen inside. */
  readonly dir: string;
  /** The environment; `machineEnv` comes before it, and PATH is the system's when it is absent. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: Network;
  /** The socket of the registry proxy; needed for the network `registries`. */
  readonly proxySocket?: string;
  /** Directories of PATH chosen by the user or by Lodestar, never by the repository: made visible read-only with what they need. */
  readonly path?: readonly string[];
  /** Shown where they exist; those inside a writable place are left out. */
  readonly readOnly?: readonly Place[];
  readonly writable?: readonly Place[];
  /** Hidden where one of the other places would show it: the data dir. */
  readonly hidden?: readonly string[];
  /** The repo is Lodestar's own copy: its `.git` may be written. */
  readonly ownCopy?: boolean;
  /** Marks its processes, bubblewrap's own included, so that a later daemon finds what this one left (`process-tree.ts`). */
  readonly mark: string;
  /** A command that prepares mounts and then becomes its last arguments, bubblewrap (`overlay.ts`). */
  readonly launcher?: readonly string[];
}

/** A sandboxed process. `init` is the host pid of the sandbox's first process: when it is gone, nothing of it is alive. */
export interface Sandboxed {
  readonly child: ChildProcess;
  readonly init: Promise<number | undefined>;
}

export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Where Lodestar's own pieces are seen inside. */
const INSIDE = "/run/lodestar";
/** Inside, everybody is this user, also when the daemon is root: root without a user namespace could remount. */
const UID = "1000";
const ISOLATION = [
  ...words(`--unshare-user --uid ${UID} --gid ${UID} --cap-drop ALL --die-with-parent --new-session`),
  ...words("--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try"),
];
/** File descriptors that bubblewrap reads its arguments and our files from, and writes its status to; and the daemon's pipe. */
const FD = { args: 3, status: 4, passwd: 5, group: 6, lifeline: 7 };

const probes = new Map<string, Promise<SandboxAnswer>>();

/** Whether a sandbox can be used here, found out by using one with the flags that commands get. Kept for the life of the process. */
export function probeSandbox(program = "bwrap"): Promise<SandboxAnswer> {
  const known = probes.get(program) ?? runProbe(program);
  probes.set(program, known);
  return known;
}

/** The options of bubblewrap for a view. They name descriptors that `spawnSandboxed` provides. */
function sandboxArgs(view: SandboxView): string[] {
  const repo = place("write", view.repo);
  const fixed = systemMounts();
  const writable = [repo, place("write", view.scratch), ...(view.writable ?? []).map((item) => place("write", item))];
  const within = writable.flatMap((mount) => [mount.from, mount.at]);
  const programs = pathMounts([...(view.path ?? []), dirname(process.execPath)], { within });
  const machine = machineEnv();
  const certificates = machine.files.filter((file) => exists(file)).map((file) => place("read", file));
  const shown = [...fixed, ...certificates, ...programs.mounts, ...readable(view.readOnly ?? [], within), ...writable];
  if (view.tmp !== undefined) shown.push(place("write", { from: view.tmp, at: "/tmp" }));
  const hidden = masks(shown, { hidden: view.hidden ?? [] });
  const inside = [
    ...(view.ownCopy ? [] : gitMount(repo)),
    ...(view.network === "registries" ? forwarderMounts(view) : []),
  ];
  return [
    ...ISOLATION,
    ...(view.network === "host" ? [] : ["--unshare-net"]),
    ...words("--proc /proc --dev /dev --dir /run --dir /var"),
    ...(view.tmp === undefined ? words("--perms 1777 --tmpfs /tmp") : []),
    ...inOrder([...hidden, ...shown, ...inside]).flatMap(mountArgs),
    ...words(`--ro-bind-data ${FD.passwd} /etc/passwd --ro-bind-data ${FD.group} /etc/group --remount-ro /`),
    "--chdir",
    view.dir,
    ...envArgs({
      ...machine.env,
      ...programs.env,
      ...view.env,
      [SITE_MARK]: view.mark,
      HOME: view.home,
      PATH: view.env["PATH"] ?? SYSTEM_PATH,
    }),
  ];
}

/**
 * Runs `argv` in a sandbox; stdout and stderr are pipes. Arguments and environment travel over a descriptor, so that
 * other users of the machine do not read them in the process list, and so that nothing of the repository's
 * environment (LD_PRELOAD) reaches bubblewrap itself. The sandbox ends with its first command and with the daemon: with
 * `stdin: "pipe"` the command must end when its input closes, any other is watched (`lifeline.ts`).
 */
export function spawnSandboxed(
  view: SandboxView,
  argv: readonly string[],
  options: { stdin?: "ignore" | "pipe" } = {},
): Sandboxed {
  const args = sandboxArgs(view);
  const whole = view.network === "registries" ? [...forwarderCommand(), ...argv] : argv;
  const command = options.stdin === "pipe" ? whole : onLifeline(whole, { fd: FD.lifeline, kills: "everything" });
  const [program, ...before] = [...(view.launcher ?? []), "bwrap"];
  const child = spawn(
    program,
    [...before, "--json-status-fd", String(FD.status), "--args", String(FD.args), "--", ...command],
    {
      env: { PATH: process.env["PATH"] ?? SYSTEM_PATH, [SITE_MARK]: view.mark },
      stdio: [options.stdin ?? "ignore", "pipe", "pipe", "pipe", "pipe", "pipe", "pipe", "pipe"],
    },
  );
  feed(child, FD.args, args.map((arg) => `${arg}\0`).join(""));
  feed(
    child,
    FD.passwd,
    `root:x:0:0::/:/bin/sh\nlodestar:x:${UID}:${UID}::${view.home}:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n`,
  );
  feed(child, FD.group, `root:x:0:\nlodestar:x:${UID}:\nnogroup:x:65534:\n`);
  return { child, init: readInit(child) };
}

async function runProbe(program: string): Promise<SandboxAnswer> {
  if (process.platform !== "linux")
    return {
      works: false,
      because: `bubblewrap needs Linux, this is ${process.platform}`,
      next: "lodestar up --unsandboxed",
    };
  const version = await output(program, ["--version"]);
  if (!version.ok) return { works: false, because: "bubblewrap is not installed", next: installCommand() };
  const base = systemMounts().filter((mount) => !mount.at.startsWith("/etc"));
  const tried = await output(program, [
    ...ISOLATION,
    ...words("--unshare-net --proc /proc --dev /dev --tmpfs /tmp --dir /run --dir /var"),
    ...inOrder(base).flatMap(mountArgs),
    ...words(`--remount-ro / --clearenv --setenv PATH ${SYSTEM_PATH} -- true`),
  ]);
  if (tried.ok) return { works: true, version: version.text.replace(/^bubblewrap\s+/, "") };
  return { works: false, because: `bubblewrap does not work here: ${tried.text}`, next: unblockCommand() };
}

function output(program: string, args: readonly string[]): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, text: (stderr || stdout || error?.message || "").trim().split("\n")[0] ?? "" });
    });
  });
}

function installCommand(): string {
  const release = readText("/etc/os-release");
  const ids = `${/^ID=(.*)$/m.exec(release)?.[1] ?? ""} ${/^ID_LIKE=(.*)$/m.exec(release)?.[1] ?? ""}`;
  if (/fedora|rhel|centos/.test(ids)) return "sudo dnf install bubblewrap";
  if (/arch/.test(ids)) return "sudo pacman -S bubblewrap";
  if (/alpine/.test(ids)) return "sudo apk add bubblewrap";
  if (/suse/.test(ids)) return "sudo zypper install bubblewrap";
  return "sudo apt-get install bubblewrap";
}

/** The switch that forbids user namespaces here, as far as the kernel tells. */
function unblockCommand(): string {
  const isOn = (name: string) => readText(`/proc/sys/${name.replaceAll(".", "/")}`).trim();
  if (isOn("kernel.apparmor_restrict_unprivileged_userns") === "1")
    return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  if (isOn("kernel.unprivileged_userns_clone") === "0") return "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  if (isOn("user.max_user_namespaces") === "0") return "sudo sysctl -w user.max_user_namespaces=15000";
  return "lodestar up --unsandboxed (in a container: start it with --security-opt seccomp=unconfined)";
}

/** `.git` is seen and cannot be written or replaced. */
function gitMount(repo: Mount): Mount[] {
  const from = join(repo.from, ".git");
  const stat = lstatSync(from, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink())
    throw new UserError(`${from} is a symbolic link, which a sandbox cannot protect.`, {
      next: `git clone ${repo.from} <another folder>`,
    });
  return stat ? [{ kind: "read", from, at: join(repo.at, ".git") }] : [];
}

/** This file's neighbour as `.ts` in a checkout and `.js` in the package; inside it needs a name that says ES module. */
function forwarderMounts(view: SandboxView): Mount[] {
  if (view.proxySocket === undefined) throw new Bug("the network `registries` needs the socket of the registry proxy");
  const program = fileURLToPath(new URL(`./inside-forward${extname(import.meta.url)}`, import.meta.url));
  return [
    { kind: "read", from: view.proxySocket, at: `${INSIDE}/proxy.sock` },
    { kind: "read", from: program, at: forwarderPath() },
    { kind: "read", from: realpathSync(process.execPath), at: `${INSIDE}/node` },
  ];
}

function forwarderCommand(): string[] {
  return [`${INSIDE}/node`, forwarderPath(), `${INSIDE}/proxy.sock`, "--"];
}

function forwarderPath(): string {
  return `${INSIDE}/inside-forward${extname(import.meta.url).replace(".", ".m")}`;
}

/** What is absent is left out, and what a command can write: a link planted there must not open another folder. */
function readable(places: readonly Place[], within: readonly string[]): Mount[] {
  const mounts = places.map((item) => place("read", item));
  return mounts.filter(({ from }) => exists(from) && !within.some((root) => isWithin(from, root)));
}

function place(kind: "read" | "write", item: Place): Mount {
  return typeof item === "string" ? { kind, from: item, at: item } : { kind, ...item };
}

/** A later mount for the same place wins; parents are mounted before what lies in them. */
function inOrder(mounts: readonly Mount[]): Mount[] {
  const byPlace = new Map(mounts.map((mount) => [mount.at, mount]));
  const depth = (mount: Mount) => mount.at.split("/").length;
  const writes = (mount: Mount) => mount.kind === "write";
  const all = [...byPlace.values()];
  const isCovered = (mount: Mount) =>
    mount.kind === "read" &&
    all.some(
      (other) =>
        other.kind === "read" &&
        other.at !== mount.at &&
        isWithin(mount.at, other.at) &&
        isWithin(mount.from, other.from),
    ) &&
    !all.some((other) => (writes(other) || other.kind === "mask") && isWithin(mount.at, other.at));
  return all.filter((mount) => !isCovered(mount)).sort((a, b) => depth(a) - depth(b));
}

function mountArgs(mount: Mount): string[] {
  if (mount.kind === "link") return ["--symlink", mount.from, mount.at];
  if (mount.kind === "read") return ["--ro-bind", mount.from, mount.at];
  if (mount.kind === "write") return ["--bind", mount.from, mount.at];
  return lstatSync(mount.from).isDirectory() ? ["--tmpfs", mount.at] : ["--ro-bind", "/dev/null", mount.at];
}

function envArgs(env: Readonly<Record<string, string>>): string[] {
  return ["--clearenv", ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value])];
}

function words(text: string): string[] {
  return text.split(" ");
}

function feed(child: ChildProcess, fd: number, text: string): void {
  const stream = child.stdio[fd];
  if (!stream || !("end" in stream)) return;
  stream.on("error", () => {});
  stream.end(text);
}

/** bubblewrap writes `{"child-pid": N, …}` as soon as the sandbox stands; nothing when it could not be made. */
function readInit(child: ChildProcess): Promise<number | undefined> {
  const stream = child.stdio[FD.status];
  if (!stream || !("read" in stream)) return Promise.resolve(undefined);
  return pidFrom(stream);
}

function pidFrom(stream: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
      const pid = /"child-pid"\s*:\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    stream.on("error", () => resolve(undefined));
    stream.on("close", () => resolve(undefined));
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
