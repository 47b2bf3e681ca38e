import { join } from "node:path";
import { endDaemon, inFolder, lodestar, makeRepo, TINY } from "./_lodestar.ts";
import { median, printTable, timed, type Row } from "./_table.ts";

const ROUNDS = 5;
/** Takes no SIGTERM: it must be killed. */
const STUBBORN = { ...TINY, "server.js": `process.on("SIGTERM", () => {});\n${TINY["server.js"]}` };

/** `lodestar stop` from the shell's point of view: the answer comes when it is on record, the service ends behind it. */
export default async function stop(): Promise<Row[]> {
  return inFolder(async (folder) => [
    await measure("stop answers, a service runs", folder, TINY),
    await measure("stop answers, a service that takes no SIGTERM", folder, STUBBORN),
  ]);
}

async function measure(name: string, folder: string, files: Readonly<Record<string, string>>): Promise<Row> {
  const data = join(folder, `data-${name.length}`);
  const repo = await makeRepo(join(folder, `repo-${name.length}`), files);
  const answers: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await lodestar("up", repo, "--trust", "--no-open", "--json", "--data-dir", data);
      answers.push(await timed(() => lodestar("stop", "--data-dir", data)));
    }
  } finally {
    await endDaemon(data);
  }
  return { name, value: median(answers), unit: "ms", atMost: 1000 };
}

if (import.meta.main) printTable(await stop());
