import { join } from "node:path";
import { endDaemon, inFolder, lodestar, makeRepo, PROGRAM, run, TINY } from "./_lodestar.ts";
import { interleave, median, printTable, quantile, type Row } from "./_table.ts";

const ROUNDS = 25;

/** `lodestar status` from the shell's point of view, with a daemon that looks after one repository, beside `node -e 0`. */
export default async function status(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const data = join(folder, "data");
    const repo = await makeRepo(join(folder, "tiny"), TINY);
    await lodestar("up", repo, "--trust", "--no-open", "--json", "--data-dir", data);
    try {
      const [ours = [], version = [], bare = []] = await interleave(ROUNDS, [
        () => run(process.execPath, [PROGRAM, "status", "--data-dir", data]),
        () => run(process.execPath, [PROGRAM, "--version", "--data-dir", data]),
        () => run(process.execPath, ["-e", "0"]),
      ]);
      const peer = { name: "node -e 0", value: median(bare) };
      return [
        { name: "lodestar status", value: median(ours), unit: "ms", atMost: 100, peer },
        { name: "lodestar status, p90", value: quantile(ours, 0.9), unit: "ms" },
        { name: "lodestar --version", value: median(version), unit: "ms", peer },
      ];
    } finally {
      await endDaemon(data);
    }
  });
}

if (import.meta.main) printTable(await status());
