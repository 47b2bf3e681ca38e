import { spawn } from "node:child_process";
import { join } from "node:path";
import { inFolder, firstByte, startDaemon } from "./_lodestar.ts";
import { interleave, median, printTable, quantile, type Row } from "./_table.ts";

const ROUNDS = 9;
const BARE = `require("http").createServer((q, r) => r.end("{}")).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;

/** From spawning the daemon to the first byte of `/healthz`, beside the smallest HTTP server that Node can be. */
export default async function coldStart(): Promise<Row[]> {
  return inFolder(async (folder) => {
    let fresh = 0;
    const [known = [], first = [], bare = []] = await interleave(ROUNDS, [
      async () => (await startDaemon(join(folder, "known"))).stop(),
      async () => (await startDaemon(join(folder, `fresh-${fresh++}`))).stop(),
      startBare,
    ]);
    const peer = { name: "bare node http", value: median(bare) };
    return [
      { name: "daemon, cold start and stop", value: median(known), unit: "ms", atMost: 1000, peer },
      { name: "daemon, cold start and stop, p90", value: quantile(known, 0.9), unit: "ms" },
      { name: "the very first start of a data dir", value: median(first), unit: "ms", atMost: 1000, peer },
    ];
  });
}

async function startBare(): Promise<void> {
  const child = spawn(process.execPath, ["-e", BARE], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((done) => child.once("exit", done));
  const port = await new Promise<number>((done) => child.stdout.once("data", (text) => done(Number(text))));
  await firstByte(port);
  child.kill();
  await exited;
}

if (import.meta.main) printTable(await coldStart());
