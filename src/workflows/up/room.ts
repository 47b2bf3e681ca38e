import type { Site } from "../../sdk/index.ts";
import { startDatabases } from "./databases.ts";
import { runOwn, type Installed } from "./install.ts";
import { migrate } from "./migrate.ts";
import { emit, lastLine, say, succeeded, type Core, type LiveDatabase } from "./run.ts";

/** A room for checks: made when the first check that is not recorded yet needs it, with its dependencies and databases. */
export class LazyRoom {
  readonly #run: Core;
  readonly #installed: readonly Installed[];
  readonly #purpose: string;
  #open: Promise<Prepared> | undefined;

  constructor(run: Core, installed: readonly Installed[], purpose: string) {
    this.#run = run;
    this.#installed = installed;
    this.#purpose = purpose;
  }

  open(): Promise<Prepared> {
    this.#open ??= prepareRoom(this.#run, this.#installed, this.#purpose);
    return this.#open;
  }

  async close(): Promise<void> {
    const prepared = await this.#open?.catch(() => undefined);
    if (!prepared) return;
    // What the room could not bring along or promise is complete only after something ran in it.
    this.#run.notChecked.push(...this.#run.hands.rooms.limits(prepared.site.id));
    await prepared.site.close();
    await this.#run.hands.rooms.remove(prepared.site.id);
    await emit(this.#run, {
      type: "room.removed",
      data: { room: prepared.site.id, because: `it was made for the ${this.#purpose}, which is done` },
    });
  }
}

export interface Prepared {
  readonly site: Site;
  readonly databases: LiveDatabase[];
  /** Why databases are missing, if they are. */
  readonly without: string | undefined;
}

async function prepareRoom(run: Core, installed: readonly Installed[], purpose: string): Promise<Prepared> {
  await say(run, "room", `Making a room for ${run.head.commit.slice(0, 7)}`);
  const dependencies = installed.flatMap((one) => (one.entry ? [one.entry] : []));
  const site = await run.hands.rooms.create({
    repo: run.repo,
    commit: run.head.commit,
    purpose,
    dependencies,
  });
  await emit(run, {
    type: "room.created",
    data: { room: site.id, commit: run.head.commit, path: site.root, purpose },
  });
  for (const one of installed.filter((other) => !other.entry && other.work.steps.outputs.length > 0))
    run.notChecked.push(`${one.dir}: its dependencies could not be sealed, so checks ran without them`);
  for (const one of installed) {
    const own = one.entry ? await runOwn(run, site, one.work) : undefined;
    if (own && !succeeded(own))
      run.notChecked.push(`the install scripts of ${one.dir} failed in the room: ${lastLine(own.output)}`);
  }
  const live = new Map<string, LiveDatabase>();
  const started = await startDatabases(run, site, live);
  const migrated = started.ok ? await migrate(run, site, started.value) : started;
  return { site, databases: [...live.values()], without: migrated.ok ? undefined : migrated.question.question };
}
