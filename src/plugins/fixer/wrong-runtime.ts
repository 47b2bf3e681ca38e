import { EMPTY_PLAN, defineFixer, type Failure } from "../../sdk/index.ts";
import { nearestAbove, plain } from "./_shared.ts";

interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly because: string;
}

/** How tools say which runtime they want; the group is the version or range as they write it. */
const SAYS: readonly { name: string; says: RegExp }[] = [
  { name: "node", says: /(?:npm (?:error|ERR!)) notsup Required: \{[^}\n]*"?node"?: ?"([^"]+)"/ },
  { name: "node", says: /error [^\n]*The engine "node" is incompatible with this module\. Expected version "([^"]+)"/ },
  { name: "node", says: /Your Node version is incompatible with [^\n]+\s+Expected version: ([^\n]+)/ },
  { name: "node", says: /You are using Node\.js [\w.]+\. For Next\.js, Node\.js version "([^"]+)" is required/ },
  { name: "node", says: /You are using Node\.js [\w.]+\. Vite requires Node\.js version ([\d.]+)\+/ },
  { name: "node", says: /This version of pnpm requires at least Node\.js v([\d.]+\d)/ },
  { name: "node", says: /Angular CLI requires a minimum Node\.js version of v?([\d.]+\d)/ },
  { name: "python", says: /requires a different Python: [\d.]+ not in '([^']+)'/ },
  {
    name: "python",
    says: /Python version [\d.]+ (?:\([^)]*\) )?is not (?:supported|allowed) by the project \(([^)]+)\)/,
  },
  { name: "python", says: /No interpreter found for Python ([<>=~!\d., ]+\d)/ },
  { name: "go", says: /go\.mod requires go >= ([\d.]+\d) \(running go/ },
  { name: "ruby", says: /Your Ruby version is [\d.]+, but your Gemfile specified ([^\n]+\d)/ },
  { name: "rust", says: /requires rustc ([\d.]+\d) or newer, while the currently active rustc version/ },
  { name: "java", says: /error: release version (\d+) not supported/ },
];
const MINIMUM = /Vite|at least|Angular|go\.mod|rustc/;

/** The runtime is too old, too new or the wrong one, and the output says which one is wanted. */
export default defineFixer({
  repair(failure) {
    const wanted = said(plain(failure)) ?? classFile(plain(failure)) ?? newSyntax(failure);
    if (!wanted) return undefined;
    return {
      title: `used ${wanted.name} ${wanted.version}`,
      because: wanted.because,
      actions: [{ do: "use-runtime", name: wanted.name, version: wanted.version }],
      again: "install",
    };
  },
  examples: [
    {
      name: "npm with engine-strict",
      failure: { phase: "install" },
      real: {
        files: {
          "package.json": JSON.stringify({ name: "a", version: "1.0.0", engines: { node: ">=99" } }),
          ".npmrc": "engine-strict=true\n",
        },
        command: "npm install --offline --no-audit --no-fund",
        needs: ["npm"],
        cured: {
          files: { "package.json": JSON.stringify({ name: "a", version: "1.0.0", engines: { node: ">=20" } }) },
        },
      },
      repairs: [{ do: "use-runtime", name: "node", version: ">=99" }],
    },
    {
      name: "yarn 1",
      failure: {
        phase: "install",
        output: `error demo@1.0.0: The engine "node" is incompatible with this module. Expected version ">=20 <21". Got "24.1.0"`,
      },
      repairs: [{ do: "use-runtime", name: "node", version: ">=20 <21" }],
    },
    {
      name: "pnpm",
      failure: {
        phase: "install",
        output: ` ERR_PNPM_UNSUPPORTED_ENGINE  Unsupported environment (bad pnpm and/or Node.js version)

Your Node version is incompatible with "/app".

Expected version: ^18
Got: v24.21.0`,
      },
      repairs: [{ do: "use-runtime", name: "node", version: "^18" }],
    },
    {
      name: "pnpm itself runs on a newer Node than the repo asks for",
      failure: {
        phase: "install",
        output: `warn: This version of pnpm requires at least Node.js v22.13
warn: The current version of Node.js is v20.20.2
Error [ERR_UNKNOWN_BUILTIN_MODULE]: No such built-in module: node:sqlite

Node.js v20.20.2`,
      },
      repairs: [{ do: "use-runtime", name: "node", version: ">=22.13" }],
    },
    {
      name: "pip",
      failure: {
        phase: "install",
        output: "ERROR: Package 'demo' requires a different Python: 3.8.18 not in '>=3.11'",
      },
      repairs: [{ do: "use-runtime", name: "python", version: ">=3.11" }],
    },
    {
      name: "Vite names a minimum",
      failure: {
        output:
          "You are using Node.js 18.17.0. Vite requires Node.js version 20.19+ or 22.12+. Please upgrade your Node.js version.",
      },
      repairs: [{ do: "use-runtime", name: "node", version: ">=20.19" }],
    },
    {
      name: "a class file of a newer Java",
      failure: {
        output:
          "java.lang.UnsupportedClassVersionError: App has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 61.0",
      },
      repairs: [{ do: "use-runtime", name: "java", version: ">=21" }],
    },
    {
      name: "new syntax on a Node that is older than the repo asks for",
      failure: {
        plan: askedNode(">=22"),
        output: "SyntaxError: Unexpected token 'with'\n    at wrapSafe\n\nNode.js v18.20.1",
      },
      repairs: [{ do: "use-runtime", name: "node", version: ">=22" }],
    },
    {
      name: "counter: a syntax error on a Node that is new enough",
      failure: { plan: askedNode(">=18"), output: "SyntaxError: Unexpected token '}'\n\nNode.js v24.21.0" },
      repairs: undefined,
    },
    {
      name: "counter: it is pnpm's own version that does not fit",
      failure: {
        phase: "install",
        output: `[ERR_PNPM_UNSUPPORTED_ENGINE] Unsupported environment (bad pnpm and/or Node.js version)

Your pnpm version is incompatible with "/repo".

Expected version: 11.5.x
Got: 11.28.11`,
      },
      repairs: undefined,
    },
    {
      name: "counter: npm only warns about an engine",
      failure: {
        phase: "install",
        output: `npm warn EBADENGINE Unsupported engine {\nnpm warn EBADENGINE   required: { node: '>=99' },\nnpm error code E404`,
      },
      repairs: undefined,
    },
  ],
});

function said(output: string): Wanted | undefined {
  for (const { name, says } of SAYS) {
    const match = says.exec(output);
    if (!match?.[1]) continue;
    const version = MINIMUM.test(match[0]) ? `>=${match[1]}` : match[1].trim();
    return { name, version, because: match[0].trim().split("\n").at(-1) ?? match[0] };
  }
  return undefined;
}

/** Class file version 52 is Java 8, and each later Java adds one (JVM specification, table 4.1-A). */
function classFile(output: string): Wanted | undefined {
  const compiled = Number(
    /UnsupportedClassVersionError[\s\S]{0,300}?class file version (\d+)\./.exec(output)?.[1] ?? Number.NaN,
  );
  if (!(compiled >= 52)) return undefined;
  return {
    name: "java",
    version: `>=${compiled - 44}`,
    because: `class file version ${compiled} is Java ${compiled - 44}`,
  };
}

/** Only with both halves of the evidence: the Node that ran it, as it says itself, and the newer one that the repo asks for. */
function newSyntax(failure: Failure): Wanted | undefined {
  const output = plain(failure);
  if (!/SyntaxError: |ERR_UNKNOWN_BUILTIN_MODULE|ERR_UNKNOWN_FILE_EXTENSION.*\.ts/.test(output)) return undefined;
  const ran = Number(/^Node\.js v(\d+)\./m.exec(output)?.[1] ?? Number.NaN);
  const nodes = failure.plan.toolchains.filter((toolchain) => toolchain.runtime === "node" && toolchain.version);
  const version = nearestAbove(nodes, failure.dir)?.version;
  const least = Number(/^\s*(?:>=|\^|~|v)?\s*(\d+)/.exec(version ?? "")?.[1] ?? Number.NaN);
  if (version === undefined || !(ran < least)) return undefined;
  return { name: "node", version, because: `it ran on Node ${ran}, and the repo asks for ${version}` };
}

function askedNode(version: string): Failure["plan"] {
  const toolchain = { dir: ".", language: "javascript", runtime: "node", because: ["package.json:3"], confidence: 1 };
  return { ...EMPTY_PLAN, toolchains: [{ ...toolchain, version }] };
}
