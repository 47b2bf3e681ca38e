import type { Case, Place, Tree } from "../corpus.ts";
import { renderSuite, suitePath } from "../suites.ts";

export interface Feature {
  readonly name: string;
  readonly file: string;
  readonly code: string;
  readonly imports: string;
  readonly test: Case;
}

type Kit = readonly [name: string, js: string, py: string, test: Case];

/** Functions that any program could get: each in JavaScript and in Python. */
const KITS: readonly [Kit, ...Kit[]] = [
  [
    "clamp",
    "(value, low, high) {\n  return Math.min(high, Math.max(low, value));\n}",
    "(value, low, high):\n    return min(high, max(low, value))",
    ["clamps", "clamp(9, 1, 5)", "5"],
  ],
  [
    "total",
    "(numbers) {\n  return numbers.reduce((sum, number) => sum + number, 0);\n}",
    "(numbers):\n    return sum(numbers)",
    ["adds up", "total([1, 2, 3])", "6"],
  ],
  [
    "average",
    "(numbers) {\n  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;\n}",
    "(numbers):\n    return sum(numbers) / len(numbers)",
    ["averages", "average([2, 4])", "3"],
  ],
  [
    "mirror",
    `(text) {\n  return [...text].reverse().join("");\n}`,
    "(text):\n    return text[::-1]",
    ["mirrors", `mirror("abc")`, `"cba"`],
  ],
  [
    "initial",
    "(text) {\n  return text.slice(0, 1);\n}",
    "(text):\n    return text[:1]",
    ["takes the first letter", `initial("abc")`, `"a"`],
  ],
];

/** Another function each time. */
export function featureOf(at: Place): Feature {
  const [name, js, py, test] = KITS[at.turn % KITS.length] ?? KITS[0];
  if (at.program.language === "py") {
    const file = `${at.program.name}/${name}.py`;
    return { name, file, code: `def ${name}${py}\n`, imports: `from ${at.program.name}.${name} import ${name}`, test };
  }
  const imports = `import { ${name} } from "../src/${name}.js";`;
  return { name, file: `src/${name}.js`, code: `export function ${name}${js}\n`, imports, test };
}

/** The test file of a feature; bare assertions are listed in `test/all.js` too. */
export function featureTest(at: Place, feature: Feature, tree: Tree): Tree {
  const suite = { imports: feature.imports, cases: [{ mode: "plain", test: feature.test }] } as const;
  const all = tree["test/all.js"];
  return {
    [suitePath(at.runner, feature.name)]: renderSuite(at.runner, feature.name, suite),
    ...(all === undefined ? {} : { "test/all.js": `${all}import "./${feature.name}.js";\n` }),
  };
}
