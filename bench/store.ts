import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../src/host/clock.ts";
import { openDependencies } from "../src/host/dependency-store.ts";
import { createPorts } from "../src/host/ports.ts";
import { inspectRepo } from "../src/host/repo.ts";
import { openRooms } from "../src/host/rooms.ts";
import { createSecrets } from "../src/host/secrets.ts";
import { openSegments } from "../src/host/segments.ts";
import { inFolder, makeRepo, run, TINY } from "./_lodestar.ts";
import { median, printTable, timed, type Row } from "./_table.ts";

const ROUNDS = 3;
const PACKAGES = 1_000;
const FILES = 16;
const SIZE = 10_000;

/**
 * What the sealed store costs for an install of p-queue's size (16,000 files, 160 MB), beside one `cp -a` of the same tree.
 * Nothing is removed before the end: ext4 does not reuse an inode for minutes and walks over all that were removed lately,
 * so 16,000 files take a second to make, or ten after `rm -rf node_modules`.
 */
export default async function store(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const source = join(folder, "source");
    await makeTree(source);
    const rows: Record<"seal" | "find" | "attach" | "bare", number[]> = { seal: [], find: [], attach: [], bare: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const { seal, find, attach } = await measure(join(folder, String(round)), source);
      const bare = await timed(() => run("cp", ["-a", source, join(folder, `copy-${round}`)]));
      if (round === 0) continue; // The first round warms up.
      rows.seal.push(seal);
      rows.find.push(find);
      rows.attach.push(attach);
      rows.bare.push(bare);
    }
    const peer = { name: "cp -a", value: median(rows.bare) };
    return [
      { name: "seal 16,000 files after the install", value: median(rows.seal), unit: "ms", atMost: 3_000, peer },
      { name: "find them whole", value: median(rows.find), unit: "ms", peer },
      { name: "copy them into the working tree", value: median(rows.attach), unit: "ms", atMost: 3_000, peer },
    ];
  });
}

async function measure(folder: string, source: string) {
  const dataDir = join(folder, "data");
  const repo = await inspectRepo(await makeRepo(join(folder, "repo"), { ...TINY, ".gitignore": "node_modules\n" }));
  const secrets = createSecrets();
  const rooms = await openRooms({
    dataDir,
    secrets,
    segments: openSegments(join(dataDir, "segments"), secrets),
    ports: createPorts(),
    sandbox: { works: false, because: "the store is measured, not the sandbox", next: "" },
    proxySocket: () => Promise.resolve(join(dataDir, "proxy.sock")),
    caches: [],
    visible: [],
    path: (process.env["PATH"] ?? "").split(":"),
    clock: systemClock,
  });
  const dependencies = openDependencies({ dataDir, rooms });
  const key = randomBytes(16).toString("hex");
  let installed = 0;
  const built = await dependencies.build({
    repo,
    commit: "HEAD",
    key,
    outputs: ["node_modules"],
    with: [],
    build: async (site) => {
      const command = `cp -r '${source}' node_modules`;
      const result = await site.run({
        command,
        dir: ".",
        env: {},
        network: "none",
        timeout: 120_000,
        title: "install",
      });
      installed = performance.now();
      return result;
    },
  });
  const seal = performance.now() - installed;
  if (!built.ok) throw new Error(built.result.output);
  const find = await timed(() => dependencies.find(key));
  const attach = await timed(() => dependencies.attach(repo, built.entry));
  await rooms.close();
  return { seal, find, attach };
}

async function makeTree(root: string): Promise<void> {
  const content = randomBytes(SIZE);
  for (let index = 0; index < PACKAGES; index++) {
    const dir = join(root, `package-${index}`, "lib");
    await mkdir(dir, { recursive: true });
    for (let file = 0; file < FILES; file++) await writeFile(join(dir, `${file}.js`), content);
  }
}

if (import.meta.main) printTable(await store());
