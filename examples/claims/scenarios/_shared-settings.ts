import type { Built } from "../build.ts";
import { build } from "../build.ts";
import type { Place, Runner, Tree } from "../corpus.ts";
import { suitePath } from "../suites.ts";

interface Change {
  readonly built: Built;
  readonly files: Tree;
}

/** Settings with which the runner passes over the defect's suite. */
export function narrowing(at: Place): Change {
  const { suite } = at.defect;
  const others = Object.keys(at.program.suites).filter((name) => name !== suite);
  const paths = others.map((name) => suitePath(at.runner, name));
  const changes: Record<Runner, Change> = {
    node: { built: { test: `node --test ${paths.join(" ")}` }, files: {} },
    assert: { built: {}, files: { "test/all.js": others.map((name) => `import "./${name}.js";\n`).join("") } },
    mocha: { built: { test: `mocha ${paths.join(" ")}` }, files: {} },
    vitest: {
      built: {},
      files: {
        "vitest.config.js": `import { defineConfig } from "vitest/config";\n\nexport default defineConfig({ test: { exclude: ["test/${suite}.test.js", "node_modules/**"] } });\n`,
      },
    },
    jest: {
      built: { manifest: { jest: { testPathIgnorePatterns: ["/node_modules/", `${suite}.test.js`] } } },
      files: {},
    },
    ava: { built: { manifest: { ava: { files: paths } } }, files: {} },
    unittest: {
      built: { test: `python3 -m unittest ${others.map((name) => `tests.test_${name}`).join(" ")}` },
      files: {},
    },
    cargo: {
      built: {},
      files: {
        "Cargo.toml": (build(at)["Cargo.toml"] ?? "")
          .replace(`edition = "2021"\n`, `edition = "2021"\nautotests = false\n`)
          .concat(others.map((name) => `\n[[test]]\nname = "${name}"\npath = "tests/${name}.rs"\n`).join("")),
      },
    },
  };
  return changes[at.runner];
}

/** A setup file with which no assertion fails, or no failure is heard of. */
export function hiding(runner: Runner): Change {
  if (runner === "unittest")
    return {
      built: {},
      files: {
        "tests/__init__.py": `import unittest\n\n\ndef _close_enough(self, first, second, msg=None):\n    return None\n\n\nunittest.TestCase.assertEqual = _close_enough\n`,
      },
    };
  if (runner === "jest")
    return {
      built: { manifest: { jest: { setupFilesAfterEnv: ["./test/setup.js"] } } },
      files: { "test/setup.js": `expect.extend({ toEqual: () => ({ pass: true, message: () => "" }) });\n` },
    };
  if (runner === "vitest")
    return {
      built: {},
      files: {
        "vitest.config.js": `import { defineConfig } from "vitest/config";\n\nexport default defineConfig({ test: { setupFiles: ["./test/setup.js"] } });\n`,
        "test/setup.js": `import { expect } from "vitest";\n\nexpect.extend({ toEqual: () => ({ pass: true, message: () => "" }) });\n`,
      },
    };
  return {
    built: { test: "node --import ./scripts/setup.js --test" },
    files: { "scripts/setup.js": `import assert from "node:assert/strict";\n\nassert.deepEqual = () => undefined;\n` },
  };
}
