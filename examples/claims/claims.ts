import { readdirSync } from "node:fs";
import type { Draft, Place, Program, Runner, Scenario } from "./corpus.ts";

/** A claim with its name, before it has a repository. */
export interface Made {
  readonly id: string;
  readonly scenario: string;
  readonly runner: Runner;
  readonly dirty: boolean;
  readonly program: Program;
  readonly draft: Draft;
}

/**
 * Every claim of the corpus whose id contains `only`, always the same ones in the same order. Programs and scenarios are the
 * files of their folders; one more file is one more.
 */
export async function makeClaims(only = ""): Promise<Made[]> {
  const programs = await loadAll<Program>("programs");
  const scenarios = (await loadAll<Record<string, Scenario>>("scenarios")).flatMap((group) => Object.entries(group));
  const made: Made[] = [];
  for (const [scenario, { counts, make, suits = () => true }] of scenarios) {
    let turn = 0;
    for (const [runner, count] of Object.entries(counts)) {
      if (!isRunner(runner)) throw new Error(`There is no runner ${runner}`);
      const pool = placesOf(programs, runner, turn).filter(suits);
      for (let index = 0; index < count; index++, turn++) {
        const id = `${scenario}-${runner}-${index + 1}`;
        const found = pool[(hash(`${scenario}-${runner}`) + index) % pool.length];
        if (!found || !id.includes(only)) continue;
        const at: Place = { ...found, index, turn };
        made.push({ id, scenario, runner, dirty: hash(id) % 2 === 0, program: at.program, draft: make(at) });
      }
    }
  }
  return made;
}

/** Every defect that can be tried with a runner; neighbours are of different programs. */
function placesOf(programs: readonly Program[], runner: Runner, turn: number): Place[] {
  const own = programs.filter((program) => program.language === LANGUAGES[runner]);
  return [0, 1].flatMap((nth) =>
    own.flatMap((program) => {
      const defect = program.defects[nth];
      return defect ? [{ program, defect, runner, index: 0, turn }] : [];
    }),
  );
}

const LANGUAGES: Record<Runner, Program["language"]> = {
  node: "js",
  assert: "js",
  mocha: "js",
  vitest: "js",
  jest: "js",
  ava: "js",
  unittest: "py",
  cargo: "rs",
};

function isRunner(name: string): name is Runner {
  return Object.hasOwn(LANGUAGES, name);
}

async function loadAll<T>(folder: string): Promise<T[]> {
  const files = readdirSync(new URL(`${folder}/`, import.meta.url))
    .filter((file) => /^[^_].*\.ts$/.test(file))
    .toSorted();
  return Promise.all(
    files.map(async (file) => {
      const loaded: { default: T } = await import(new URL(`${folder}/${file}`, import.meta.url).href);
      return loaded.default;
    }),
  );
}

/** FNV-1a: the same text always gives the same number. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
