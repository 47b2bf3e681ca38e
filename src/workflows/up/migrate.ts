import type { Site } from "../../sdk/index.ts";
import { environmentOf } from "./environment.ts";
import { command, errorLine, succeeded, type Core, type LiveDatabase } from "./run.ts";
import { isWithin, toolchainOf } from "./toolchain.ts";

const MIGRATE_TIMEOUT = 300_000;

/** Brings the schema and the first data in. Migrations are run each time (they know what is pending); a seed once per database. */
export async function migrate(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  only?: { dir: string },
): Promise<
  | { ok: true }
  | {
      ok: false;
      question: { question: string; next: string };
      failure?: { command: string; exit: number | null; output: string };
    }
> {
  for (const database of run.plan.databases) {
    for (const migration of database.migrations) {
      if (only && !isWithin(migration.dir, only.dir) && !isWithin(only.dir, migration.dir)) continue;
      const result = await inDatabaseEnv(
        run,
        site,
        live,
        migration.dir,
        migration.command,
        `migrate ${migration.tool}`,
      );
      if (!succeeded(result))
        return {
          ok: false,
          question: {
            question: `Migrating with ${migration.tool} failed: ${errorLine(result.output)}`,
            next: `cd ${migration.dir} && ${migration.command}`,
          },
          failure: { command: migration.command, exit: result.exit, output: result.output },
        };
      if (migration.seed !== undefined)
        await seed(run, site, live, { dir: migration.dir, command: migration.seed, database: database.name });
    }
  }
  return { ok: true };
}

/** A seed that fails is said and does not stop the run: the schema is there. */
async function seed(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  { dir, command: line, database }: { dir: string; command: string; database: string },
): Promise<void> {
  const marker = `${site.scratch}/databases/${database}/.seeded-${run.hands.hash(`${dir} ${line}`).slice(0, 12)}`;
  const result = await inDatabaseEnv(
    run,
    site,
    live,
    dir,
    `test -e '${marker}' || { ${line} && touch '${marker}'; }`,
    "seed",
  );
  if (!succeeded(result))
    run.notChecked.push(`first data was not loaded: ${line} failed in ${dir}: ${errorLine(result.output)}`);
}

async function inDatabaseEnv(
  run: Core,
  site: Site,
  live: readonly LiveDatabase[],
  dir: string,
  line: string,
  title: string,
) {
  const chain = await toolchainOf(run, dir);
  const env = { ...chain.env, ...(await environmentOf(run, dir, live)) };
  return command(run, site, "database", {
    command: line,
    dir,
    env,
    path: chain.path,
    reads: chain.reads,
    network: site.kind === "room" ? "loopback" : "host",
    timeout: MIGRATE_TIMEOUT,
    title,
  });
}
