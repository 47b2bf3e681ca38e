import type { Clock, Toolbox } from "./capabilities.ts";
import type { HealthProbe } from "./plan.ts";

/** What drivers may use. */
export interface DriverTools {
  readonly toolbox: Toolbox;
  readonly clock: Clock;
  /** As Node names them: `linux`, `darwin`, `win32`; `x64`, `arm64`. */
  readonly platform: string;
  readonly arch: string;
  /** The user's home folder, where version managers keep runtimes. */
  readonly home: string;
  /** The Node that runs Lodestar: its version and the absolute folder of its program. */
  readonly node: { readonly version: string; readonly folder: string };
  readonly versions: Versions;
}

/** Versions against ranges as people write them (`kernel/version-range.ts`). */
export interface Versions {
  /** undefined: the range (or the version) is not understood. */
  satisfies(version: string, range: string): boolean | undefined;
  /** The newest of `versions` that surely satisfies. */
  pick(versions: readonly string[], range: string): string | undefined;
}

/** A runtime that can be used: directories to put in front of PATH. Or why not, with the command that would bring it. */
export type RuntimeAnswer =
  | {
      readonly ok: true;
      readonly version: string;
      readonly path: readonly string[];
      readonly how: string;
      readonly env?: Readonly<Record<string, string>>;
      /** Absolute folders that its programs read, beyond the system's own: a sandbox shows them read-only. */
      readonly reads?: readonly string[];
      /** Set when something else than what was asked for is used: what would bring the real thing. */
      readonly next?: string;
    }
  | { readonly ok: false; readonly because: string; readonly next: string };

export interface RuntimeDriver {
  readonly role: "runtime";
  readonly runtime: string;
  /** `asked` is the range as the repo writes it (`>=18`, `20`, `lts/*`, `^3.11`); undefined when it asks for none. */
  find(asked: string | undefined, tools: DriverTools): Promise<RuntimeAnswer>;
  readonly examples: readonly {
    readonly name: string;
    readonly asked: string | undefined;
    readonly have: Readonly<Record<string, string>>;
    readonly answer: { readonly ok: boolean } & Record<string, unknown>;
  }[];
}

export interface InstallRequest {
  readonly lockfile: string | undefined;
  readonly version: string | undefined;
  /** The first 2 KiB of the lockfile: they name the version that wrote it. */
  readonly lockHead?: string | undefined;
  /** Names of the files in the directory. */
  readonly names: readonly string[];
  /** Folders of the workspace's members, relative to the directory. */
  readonly members?: readonly string[];
  /** Folder that may be used as the manager's download cache. */
  readonly cache: string;
  readonly flags: readonly string[];
}

/** A program from PATH if its version satisfies `version` (any when absent), else the npm package through the toolbox, else `next` is said. */
export interface ProgramNeed {
  readonly program: string;
  readonly version?: string;
  /** The package links the program into its `node_modules/.bin`. */
  readonly npm?: { readonly name: string; readonly version: string };
  readonly next: string;
}

/** How to install with one package manager: data, so that the machine decides where and with what access it runs. */
export interface InstallSteps {
  /** Downloads and unpacks; no script of a package runs. Tried in order until one succeeds; all but the first are said as a fallback. */
  readonly fetch: readonly string[];
  /** Runs the packages' install scripts (offline unless approved); absent where the manager has none. */
  readonly scripts?: string;
  /**
   * The part of `scripts` that belongs to the repo's own packages (`postinstall`, `prepare`): it reads their sources and may
   * write beside them, so a site that was given `outputs` as a copy runs it again.
   */
  readonly own?: string;
  /** Repo-relative to the directory: what the install writes, all of it ignored by git as a rule. */
  readonly outputs: readonly string[];
  /** Files whose content decides the result: the key of the sealed store. */
  readonly key: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether `outputs` may be copied to another path and still work (a Python venv may not). */
  readonly relocatable: boolean;
  /** Programs that must be there before it can run; `kernel/needs.ts` finds or brings them. */
  readonly needs: readonly ProgramNeed[];
  /** Added to PATH for commands that run afterwards, relative to the directory (`node_modules/.bin`, `.venv/bin`). */
  readonly path: readonly string[];
}

export interface PackageManagerDriver {
  readonly role: "package-manager";
  readonly manager: string;
  readonly runtime: string;
  install(request: InstallRequest): InstallSteps;
  readonly examples: readonly { readonly name: string; readonly request: InstallRequest; readonly fetch: string }[];
}

/** A database server that runs as a process of a site: prepared once, then served. Or why it cannot, with the command that would help. */
export type DatabaseAnswer =
  | {
      readonly ok: true;
      readonly how: string;
      /** Commands that create the cluster and the database in `dataDir`; run once, when `dataDir` has no `marker`. */
      readonly prepare: readonly string[];
      readonly marker: string;
      /** The server's command; absent for a database without a server (SQLite). */
      readonly serve?: string;
      readonly env: Readonly<Record<string, string>>;
      readonly path: readonly string[];
      /** Absolute folders that its programs read, beyond the system's own: a sandbox shows them read-only. */
      readonly reads?: readonly string[];
      readonly url: string;
      /** How it shows that it takes connections: with Postgres an open port is not enough. Absent: an open port. */
      readonly health?: HealthProbe;
      readonly stopSignal?: string;
    }
  | { readonly ok: false; readonly because: string; readonly next: string };

export interface DatabaseRequest {
  readonly name: string;
  readonly port: number;
  readonly dataDir: string;
  readonly root: string;
  readonly dir: string;
  readonly version: string | undefined;
  /** The repo's compose service for it, where there is one. */
  readonly compose?: string;
}

/** How a first exchange of bytes tells a server that takes connections from an open port. Both are hex, without spaces. */
export interface Greeting {
  /** What the client sends first; absent where the server speaks by itself. */
  readonly send?: string;
  /** A regular expression for the answer. */
  readonly expect: string;
}

/** How a server of an engine is used that runs in a container. */
export interface ContainerRecipe {
  /** The last parts of its images' names: `mariadb` of `docker.io/library/mariadb:11`. */
  readonly images: readonly string[];
  /** Where it listens inside its container. */
  readonly port: number;
  readonly greeting: Greeting;
  /** The URL on `port` of 127.0.0.1; undefined when neither the environment nor the command tell how to log in. */
  url(container: ContainerLogin, port: number): string | undefined;
  readonly examples: readonly {
    readonly name: string;
    readonly container: ContainerLogin;
    readonly url: string | undefined;
  }[];
}

export interface ContainerLogin {
  readonly environment: Readonly<Record<string, string>>;
  /** Its words, joined by spaces; empty when the image's own command runs. */
  readonly command: string;
}

export interface DatabaseDriver {
  readonly role: "database";
  readonly engine: string;
  /** Where clients look for it when nobody tells them. */
  readonly port?: number;
  /** Absent where Lodestar does not run it in a container. */
  readonly container?: ContainerRecipe;
  /** `dataDir` is absolute and writable on the site; `root` is the repo's path there. Nothing but this database is touched. */
  plan(request: DatabaseRequest, tools: DriverTools): Promise<DatabaseAnswer>;
  readonly examples: readonly {
    readonly name: string;
    readonly have: Readonly<Record<string, string>>;
    readonly answer: { readonly ok: boolean } & Record<string, unknown>;
  }[];
}

export type Driver = RuntimeDriver | PackageManagerDriver | DatabaseDriver;

export function defineDriver<D extends Driver>(driver: D): D {
  return driver;
}
