import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Bug, type Clock, type Repo, type WorkClone, type WorkRooms } from "../sdk/index.ts";
import { gitText } from "./git-run.ts";
import { openGit } from "./git.ts";
import type { Ports } from "./ports.ts";
import { copySqlite, ignoredSqlite } from "./work-databases.ts";
import { removeTree } from "./sealed-tree.ts";
import { snapshotFolder } from "./snapshots-store.ts";
import { lossesOf } from "./work-losses.ts";
import {
  allDescribed,
  readDescription,
  roomFolder,
  UNFINISHED,
  WORK,
  writeDescription,
  type Described,
} from "./work-room-file.ts";

interface Options {
  readonly dataDir: string;
  readonly ports: Ports;
  readonly clock: Clock;
}

type Settle = Parameters<WorkRooms["settle"]>[0];

/** How often another port is looked for when a room that is not running has the one that is free. */
const TRIES = 100;

/** Rooms to work in below `<dataDir>/rooms/<id>/`: `repo` is the clone, `room.json` what is known of it. */
export function openWorkRooms(options: Options): WorkRooms {
  const { dataDir } = options;
  const dirOf = (id: string) => {
    const dir = roomFolder(dataDir, id);
    if (dir === undefined) throw new Bug(`${id} names no room`);
    return dir;
  };
  return {
    async settle(request) {
      const dir = dirOf(request.id);
      const known = (await readDescription(dir))?.work;
      if (known) return { path: join(dir, "repo"), branch: known.branch, limits: known.limits };
      await removeTree(dir);
      try {
        return await settle(request, dir, options);
      } catch (error) {
        await removeTree(dir);
        throw error;
      }
    },
    ports: (id, wanted) => leaseApart(options, id, wanted),
    copyDatabases: (repo, id) => ignoredSqlite(repo, join(dirOf(id), "repo")),
    async copyOwnDatabase(repo, name, to) {
      const folder = join(dataDir, "sites", repo.id, "databases", name);
      const file = (await readdir(folder).catch(() => [])).find((one) => one.endsWith(".db"));
      return file !== undefined && (await copySqlite(join(folder, file), to));
    },
    async finish(id, { ports }) {
      const dir = dirOf(id);
      const known = await readDescription(dir);
      if (!known?.work) throw new Bug(`${id} is no room to work in`);
      await writeDescription(dir, { ...known, purpose: WORK, work: { ...known.work, ports } });
    },
    async losses(id) {
      const dir = roomFolder(dataDir, id);
      return dir === undefined ? [] : lossesOf(dir);
    },
  };
}

async function settle(request: Settle, dir: string, { dataDir, clock }: Options): Promise<WorkClone> {
  const { repo, id } = request;
  const path = join(dir, "repo");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const cloned = await openGit(repo.root).cloneTo(path, request.commit, snapshotFolder(dataDir, repo.id));
  const branch = request.branch ?? `room/${id}`;
  await joinToRepo(repo, path, { branch, commit: cloned.commit });
  const limits = [...cloned.leftOut];
  const description: Described = {
    id,
    repo: repo.id,
    commit: cloned.commit,
    purpose: UNFINISHED,
    createdAt: new Date(clock.now()).toISOString(),
    work: { root: repo.root, branch, limits, ports: {} },
  };
  await writeDescription(dir, description);
  return { path, branch, limits };
}

/** Puts the clone on its branch and makes the repo its `origin`, with what the repo's branches are now. */
async function joinToRepo(repo: Repo, path: string, on: { branch: string; commit: string }): Promise<void> {
  const source = openGit(repo.root).run;
  const copy = openGit(path).run;
  const set = (key: string, value: string) => gitText(copy, ["config", "--local", key, value]);
  await gitText(copy, ["update-ref", `refs/heads/${on.branch}`, on.commit]);
  await gitText(copy, ["symbolic-ref", "HEAD", `refs/heads/${on.branch}`]);
  await gitText(copy, ["remote", "add", "origin", repo.root]);
  await set(`branch.${on.branch}.remote`, "origin");
  await set(`branch.${on.branch}.merge`, `refs/heads/${on.branch}`);
  const heads = await gitText(source, ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"]);
  const created = heads.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    return space < 0 ? [] : [`update refs/remotes/origin/${line.slice(space + 1)} ${line.slice(0, space)}\n`];
  });
  await gitText(copy, ["update-ref", "--stdin"], { input: created.join("") });
  // Who commits is the same person; programs that the repo's configuration names stay there.
  for (const key of ["user.name", "user.email"]) {
    const value = (await source(["config", "--local", "--get", key])).stdout.toString("utf8").trim();
    if (value !== "") await set(key, value);
  }
}

/** Leases are given back at once: what a room has stands in its `room.json`, so that `up` in the room may take it. */
async function leaseApart(
  { dataDir, ports }: Options,
  id: string,
  wanted: Readonly<Record<string, number | undefined>>,
): Promise<Record<string, number>> {
  const others = (await allDescribed(dataDir)).filter((one) => one.id !== id);
  const taken = new Set(others.flatMap((one) => Object.values(one.work?.ports ?? {})));
  const given: Record<string, number> = {};
  const site = `room ${id}`;
  try {
    for (const [name, port] of Object.entries(wanted)) {
      const free = port !== undefined && !taken.has(port) ? { wanted: port } : {};
      let lease = await ports.lease({ site, name, ...free });
      for (let again = 1; taken.has(lease.port) && again < TRIES; again++)
        lease = await ports.lease({ site, name: `${name} ${again}` });
      given[name] = lease.port;
      taken.add(lease.port);
    }
  } finally {
    ports.release(site);
  }
  return given;
}
