import { join } from "node:path";
import { detectRepo } from "../src/main.ts";
import { inFolder, lodestar, makeRepo, run } from "./_lodestar.ts";
import { interleave, median, printTable, type Row } from "./_table.ts";

const ROUNDS = 5;

/** `lodestar detect` and its function on repositories of 1,000 and 50,000 files, beside `git ls-files` on the same. */
export default async function detect(): Promise<Row[]> {
  return inFolder(async (folder) => {
    const rows: Row[] = [];
    for (const [count, atMost] of [
      [1_000, 500],
      [50_000, 5_000],
    ] as const) {
      const repo = await makeRepo(join(folder, String(count)), filesOf(count));
      const [program = [], called = [], bare = []] = await interleave(ROUNDS, [
        () => lodestar("detect", repo, "--json"),
        () => detectRepo(repo),
        () => run("git", ["-C", repo, "ls-files", "-co", "--exclude-standard"], { maxBuffer: 64 * 1024 ** 2 }),
      ]);
      const files = `${count.toLocaleString("en")} files`;
      const peer = { name: "git ls-files -co", value: median(bare) };
      rows.push({ name: `lodestar detect, ${files}`, value: median(program), unit: "ms", atMost, peer });
      rows.push({ name: `the function alone, ${files}`, value: median(called), unit: "ms", atMost });
    }
    return rows;
  });
}

/** A monorepo as people have them: a package for every hundred files, each with a service, source, tests and an env example. */
function filesOf(count: number): Record<string, string> {
  const files: Record<string, string> = {
    "package.json": JSON.stringify({ name: "root", private: true, workspaces: ["packages/*"] }),
    "package-lock.json": JSON.stringify({ name: "root", lockfileVersion: 3, packages: {} }),
  };
  for (let index = 0; Object.keys(files).length < count; index++) {
    const dir = `packages/p${Math.floor(index / 100)}`;
    if (index % 100 === 0) Object.assign(files, packageOf(dir));
    files[`${dir}/src/m${index % 10}/file${index}.ts`] =
      `export const value${index} = process.env.NAME_${index % 7};\n`;
  }
  return files;
}

function packageOf(dir: string): Record<string, string> {
  const scripts = { start: "node src/server.js", build: "tsc", test: "node --test" };
  const manifest = { name: dir.replace("packages/", "@bench/"), scripts, dependencies: { express: "5", pg: "8" } };
  return { [`${dir}/package.json`]: JSON.stringify(manifest), [`${dir}/.env.example`]: "PORT=3000\nDATABASE_URL=\n" };
}

if (import.meta.main) printTable(await detect());
