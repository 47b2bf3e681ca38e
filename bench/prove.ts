/**
 * What `prove` costs against its checks by hand: the same commands, with the same runtime, in a working tree whose
 * dependencies are installed (by `lodestar up`, from the same store). Each round changes one line of a source file, another one each time, and both take turns at
 * going first. The daemon runs, as it does where somebody works.
 *   npm run bench -- prove <checkout>... [--rounds 5]
 */
import { execFile } from "node:child_process";
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { basename, delimiter, dirname, extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { Proof, Report, type Plan } from "../src/sdk/index.ts";
import { PROGRAM, inFolder, lodestar, run, startDaemon } from "./_lodestar.ts";
import { median, printTable, timed, type Row } from "./_table.ts";

/** DESIGN.md 9: `prove` costs at most 1.15 x the checks, plus 3 s; less than 1 s where the tree was proved before. */
const [FACTOR, FIXED] = [1.15, 3];
const READY = 3;
const KNOWN = 1;
const PATIENCE = 30 * 60_000;
/** How a line begins that a program does not read. */
const COMMENTS: Readonly<Record<string, string>> = {
  ".js": "//",
  ".ts": "//",
  ".mjs": "//",
  ".cjs": "//",
  ".rs": "//",
  ".go": "//",
  ".py": "#",
  ".rb": "#",
};

const Page = z.object({
  head: z.number(),
  events: z.array(
    z.object({
      type: z.string(),
      timestamp: z.string(),
      data: z.object({ phase: z.string().optional(), tool: z.string().optional() }),
    }),
  ),
});

interface Samples {
  readonly hand: number[];
  readonly changed: number[];
  readonly known: number[];
  readonly room: number[];
}

interface HandWork {
  readonly plan: Plan;
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
  readonly proof: Proof;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string" } } });
  if (positionals.length === 0) {
    console.error("Which repository? Next: npm run bench -- prove <checkout>... [--rounds 5]");
    process.exitCode = 2;
  }
  for (const checkout of positionals) await report(resolve(checkout), Number(values.rounds ?? 5));
}

/** Measures clones of one checkout; its own files are not touched. */
async function report(checkout: string, rounds: number): Promise<void> {
  await inFolder(async (place) => {
    const data = join(place, "data");
    const [proved, byHand] = [join(place, "prove", basename(checkout)), join(place, "hand", basename(checkout))];
    for (const to of [proved, byHand]) {
      await mkdir(dirname(to), { recursive: true });
      await run("git", ["clone", "--quiet", "--no-hardlinks", checkout, to]);
    }
    const file = await sourceOf(proved);
    const daemon = await startDaemon(data);
    try {
      await change([proved, byHand], file, "cold");
      const cold = await prove(proved, data);
      const up = ["up", byHand, "--once", "--no-start", "--no-open", "--json", "--data-dir", data];
      const { plan } = Report.parse(JSON.parse(await printed(up)));
      const env = await handEnv(plan, data);
      const samples: Samples = { hand: [], changed: [], known: [], room: [] };
      for (let round = 0; round <= rounds; round++) {
        await change([proved, byHand], file, `round ${round}`);
        const turns = [
          async () =>
            samples.hand.push((await timed(() => checksByHand({ plan, repo: byHand, env, proof: cold.proof }))) / 1000),
          async () => proveTwice(proved, data, samples),
        ];
        for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
        // The first one warms up.
        if (round === 0) for (const values of Object.values(samples)) values.splice(0);
      }
      console.log(`\n${basename(checkout)}: ${plan.checks.map((one) => one.name).join(", ")}, ${rounds} rounds\n`);
      printTable(rowsOf(samples, cold.seconds));
    } finally {
      await daemon.stop();
      await lodestar("clean", "--data-dir", data).catch(() => undefined);
    }
  });
}

function rowsOf(samples: Samples, cold: number): Row[] {
  const hand = median(samples.hand);
  const peer = { name: "the checks by hand", value: hand };
  return [
    {
      name: "changed tree, base known",
      value: median(samples.changed),
      unit: "s",
      atMost: FACTOR * hand + FIXED,
      peer,
    },
    { name: "unchanged tree", value: median(samples.known), unit: "s", atMost: KNOWN },
    { name: "a warm room is ready", value: median(samples.room), unit: "s", atMost: READY },
    { name: "cold: nothing installed, base unknown", value: cold, unit: "s", peer },
  ];
}

/** A changed tree, then the same one again. */
async function proveTwice(repo: string, data: string, samples: Samples): Promise<void> {
  const first = await prove(repo, data);
  samples.changed.push(first.seconds);
  samples.room.push(await roomSeconds(data, first.after));
  const again = await prove(repo, data);
  if (!again.proof.known) throw new Error(`The same tree was proved anew: ${again.proof.sentence}`);
  samples.known.push(again.seconds);
}

async function prove(repo: string, data: string): Promise<{ seconds: number; proof: Proof; after: number }> {
  const after = await lastSeq(data);
  const words = ["prove", repo, "--claim", "Done", "--json", "--data-dir", data];
  let out = "";
  const ms = await timed(async () => {
    out = await printed(words);
  });
  const proof = Proof.parse(JSON.parse(out));
  if (proof.checks.length === 0) throw new Error(`Nothing was run: ${proof.sentence}`);
  return { seconds: ms / 1000, proof, after };
}

/** From the wish for a room to the first check in it, as the log tells it. */
async function roomSeconds(data: string, after: number): Promise<number> {
  const { events } = await eventsOf(data, after);
  const asked = events.findIndex((one) => one.type === "status" && one.data.phase === "room");
  const begun = events.slice(asked).find((one) => one.type === "tool_start" && one.data.tool === "check");
  const from = events[asked];
  if (!from || !begun) throw new Error("The log has no room and no check in it");
  return (Date.parse(begun.timestamp) - Date.parse(from.timestamp)) / 1000;
}

async function lastSeq(data: string): Promise<number> {
  return (await eventsOf(data, 0, 1)).head;
}

async function eventsOf(data: string, after: number, limit = 1000): Promise<z.infer<typeof Page>> {
  const words = ["events", "--json", "--after", `${after}`, "--limit", `${limit}`, "--data-dir", data];
  return Page.parse(JSON.parse(await printed(words)));
}

/** A source file of the repository, not one of its tests or scripts. */
async function sourceOf(repo: string): Promise<string> {
  const { stdout } = await run("git", ["-C", repo, "ls-files", "-z"]);
  const others =
    /(?:^|\/)(?:tests?|__tests__|spec|examples?|docs?|bench\w*|scripts?|dist|fixtures)\/|[._-](?:test|spec|config|d)\.|^\./;
  const files = stdout.split("\0").filter((path) => COMMENTS[extname(path)] !== undefined && !others.test(path));
  const file = files.find((path) => /^(?:src|lib)\//.test(path)) ?? files[0];
  if (file === undefined) throw new Error(`${repo} has no source file of a known language`);
  return file;
}

async function change(repos: readonly string[], file: string, what: string): Promise<void> {
  for (const repo of repos) await appendFile(join(repo, file), `${COMMENTS[extname(file)]} ${what}\n`);
}

/** The runtimes and package managers that Lodestar brought are in front of PATH, as they are in its rooms. */
async function handEnv(plan: Plan, data: string): Promise<NodeJS.ProcessEnv> {
  const toolbox = join(data, "toolbox");
  const boxes = await readdir(toolbox).catch(() => []);
  const bins = boxes.map((box) => join(toolbox, box, "node_modules", ".bin"));
  const asksForNode = plan.toolchains.some((one) => one.runtime === "node" && one.version !== undefined);
  const own = asksForNode ? [] : [dirname(process.execPath)];
  return { ...process.env, CI: "true", PATH: [...bins, ...own, process.env["PATH"]].join(delimiter) };
}

/** Fails where a check ends otherwise than in the room: what is not the same work is not compared. */
async function checksByHand({ plan, repo, env, proof }: HandWork): Promise<void> {
  for (const { name, dir, command } of plan.checks) {
    const places = [join(repo, dir), repo].flatMap((one) => [join(one, "node_modules/.bin"), join(one, ".venv/bin")]);
    const path = [...places, env["PATH"]].join(delimiter);
    const options = {
      cwd: join(repo, dir),
      env: { ...env, PATH: path },
      timeout: PATIENCE,
      maxBuffer: 256 * 1024 ** 2,
    };
    const exit = await new Promise<number | string | null | undefined>((done) =>
      execFile("sh", ["-c", command], options, (error) => done(error === null ? 0 : error.code)),
    );
    const inRoom = proof.checks.find((one) => one.variant === "subject" && one.name === name && one.cwd === dir);
    if (exit !== inRoom?.exit)
      throw new Error(`${name} ends with ${exit} by hand and ${inRoom?.exit ?? "not at all"} in the room`);
  }
}

/** What Lodestar prints, whatever it concludes; rejects with what it says when it prints nothing. */
function printed(words: readonly string[]): Promise<string> {
  const all = ["--disable-warning=ExperimentalWarning", PROGRAM, ...words];
  return new Promise((done, fail) =>
    execFile(process.execPath, all, { timeout: PATIENCE, maxBuffer: 64 * 1024 ** 2 }, (error, out, said) =>
      out === "" ? fail(new Error(`lodestar ${words[0]} printed nothing: ${said}`, { cause: error })) : done(out),
    ),
  );
}
