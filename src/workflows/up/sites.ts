import { Supervisor } from "../../kernel/supervise.ts";
import type { Hands, Log, Repo, Site } from "../../sdk/index.ts";
import type { Runtime } from "./run.ts";

interface OpenSite {
  readonly tree: Site;
  readonly runtime: Runtime;
  /** The run that uses it now. */
  readonly run: { id: string };
}

/** The working trees that are in use: their site, supervisor and databases live as long as the daemon, or until `stop`. */
export class Sites {
  readonly #hands: Hands;
  readonly #log: Log;
  readonly #open = new Map<string, OpenSite>();
  /** By repo, the end of what was open before. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(hands: Hands, log: Log) {
    this.#hands = hands;
    this.#log = log;
  }

  /** The site of a repo: the one that is open, unless another sandbox is asked for. */
  async open(repo: Repo, runId: string, unsandboxed: boolean): Promise<{ tree: Site; runtime: Runtime }> {
    const known = this.#open.get(repo.id);
    if (known && (known.tree.sandbox === "unsandboxed") === unsandboxed) {
      known.run.id = runId;
      return known;
    }
    await this.close(repo.id);
    const run = { id: runId };
    const tree = await this.#hands.tree(repo, { trusted: unsandboxed, unsandboxed });
    const { clock } = this.#hands;
    const supervisor = new Supervisor({ site: tree, log: this.#log, clock, repo: repo.id, runId: () => run.id });
    const fresh = { tree, runtime: { supervisor, databases: new Map() }, run };
    this.#open.set(repo.id, fresh);
    return fresh;
  }

  /** Names of the services of a repo whose process is alive. */
  alive(repo: string): Set<string> {
    return this.#open.get(repo)?.runtime.supervisor.alive() ?? new Set();
  }

  /** Ends everything that runs for a repo; resolves when nothing of it is left, also when another call ends it already. */
  close(repo: string): Promise<void> {
    const one = this.#open.get(repo);
    this.#open.delete(repo);
    const closing = end(one, this.#closing.get(repo)).finally(() => {
      if (this.#closing.get(repo) === closing) this.#closing.delete(repo);
    });
    this.#closing.set(repo, closing);
    return closing;
  }
}

async function end(one: OpenSite | undefined, before: Promise<void> | undefined): Promise<void> {
  await Promise.all([before, one?.runtime.supervisor.stopAll().then(() => one.tree.close())]);
}
