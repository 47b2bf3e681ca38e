import type { Tree } from "../corpus.ts";

interface Typed {
  readonly name: string;
  readonly files: Tree;
  /** Where the type error is, and what the right code is there. Both run alike. */
  readonly file: string;
  readonly good: string;
  readonly wrong: string;
}

/** Programs whose types are checked. The faulty variant behaves well, and only `strict` finds it. */
export const TYPED: readonly [Typed, ...Typed[]] = [
  {
    name: "inventory",
    file: "src/stock.ts",
    good: "stock.get(name) ?? 0",
    wrong: "stock.get(name)",
    files: {
      "src/stock.ts": `/** How many there are of each thing. */
export type Stock = Map<string, number>;

export function amountOf(stock: Stock, name: string): number {
  return stock.get(name) ?? 0;
}
`,
      "src/price.ts": `import { amountOf, type Stock } from "./stock.js";

/** What all of one kind is worth, in cents. */
export function worth(stock: Stock, name: string, cents: number): number {
  return amountOf(stock, name) * cents;
}
`,
      "test/stock.test.js": `import test from "node:test";
import assert from "node:assert/strict";
import { amountOf } from "../dist/stock.js";
import { worth } from "../dist/price.js";

test("knows an amount", () => {
  assert.equal(amountOf(new Map([["nail", 3]]), "nail"), 3);
});

test("multiplies", () => {
  assert.equal(worth(new Map([["nail", 3]]), "nail", 5), 15);
});
`,
    },
  },
  {
    name: "levels",
    file: "src/level.ts",
    good: "(name: string): Level | undefined",
    wrong: "(name): Level | undefined",
    files: {
      "src/level.ts": `export type Level = "low" | "high";

/** The level of a name. */
export function levelOf(name: string): Level | undefined {
  if (name === "1") return "low";
  return name === "2" ? "high" : undefined;
}
`,
      "src/show.ts": `import { levelOf } from "./level.js";

export function show(name: string): string {
  return levelOf(name)?.toUpperCase() ?? "NONE";
}
`,
      "test/level.test.js": `import test from "node:test";
import assert from "node:assert/strict";
import { show } from "../dist/show.js";

test("shows a level", () => {
  assert.equal(show("1"), "LOW");
});

test("shows that there is none", () => {
  assert.equal(show("9"), "NONE");
});
`,
    },
  },
];

const SETTINGS = `{
  "compilerOptions": {
    "strict": true,
    "target": "es2022",
    "module": "nodenext",
    "rootDir": "src",
    "outDir": "dist",
    "types": []
  },
  "include": ["src"]
}
`;

export function typedTree({ files, file, good, wrong }: Typed, variant: "good" | "wrong"): Tree {
  const code = (files[file] ?? "").replace(good, variant === "good" ? good : wrong);
  return { ...files, [file]: code, "tsconfig.json": SETTINGS, ".gitignore": "node_modules/\ndist/\n" };
}
