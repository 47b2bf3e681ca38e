import type { Loosened, Pair } from "./tampering-settings.ts";

const MATCHES =
  /^(?:testMatch|testRegex|include|spec|specs|specPattern|files|testpaths|python_files|python_classes|python_functions|roots|testDir|testFiles|tests|projects|test-match|collectCoverageFrom)$/;
const IGNORES =
  /^(?:exclude|testPathIgnorePatterns|ignore|ignores|ignorePatterns|testIgnore|excludeSpecPattern|coveragePathIgnorePatterns|norecursedirs|collect_ignore|collect_ignore_glob|omit|extend-exclude|extend_exclude|eslintIgnore|excludes|exclude-paths|excludedFiles|modulePathIgnorePatterns|exclude_lines|exclude-files|exclude-dirs|excludePaths|Exclude)$/;
/** What nobody's tests lie in. */
const OUTPUT =
  /(?:^|\/|\*|\^)\.?(?:node_modules|dist|build|coverage|out|git|target|vendor|generated|next|nuxt|venv|env|cache|output|tmp|temp|storybook-static|lib-cov|eggs|__pycache__|tox|nox|mypy_cache|turbo|docs?|site|public|worktrees|idea|vscode|yarn|d\.ts)(?:\/|\*|$|\W)/;

/** Test patterns that match less, and ignore lists that match more. */
export function narrowedPatterns({ leaf, path, was, is, file }: Pair): Loosened[] {
  const build = /tsconfig\.(?:build|prod|dist|lib)\b/.test(file);
  const lint = /eslint|oxlint|biome|tsconfig|ruff|mypy|pyright|flake8|pylint|rubocop|stylelint/.test(`${file} ${path}`);
  const kind = lint ? "rule-loosened" : "runner-config";
  if (IGNORES.test(leaf) && !build) {
    if (lint && /^(?:ignore|ignores)$/.test(leaf) && /ruff|flake8|setup\.cfg|pyproject/.test(`${file} ${path}`))
      return [];
    const wide = widenedIgnores(was?.items ?? [], is?.items ?? []);
    return wide.length > 0
      ? [{ what: `${path} leaves out ${wide.slice(0, 3).join(", ")} now`, kind, loosens: true }]
      : [];
  }
  if (!MATCHES.test(leaf) || !is || build || (leaf === "files" && /package\.json|tsconfig|eslint/.test(file)))
    return [];
  if (!was) {
    const few = is.items.length > 0 && is.items.every((item) => !/[*^$|+\\]/.test(item) && /\.\w+$/.test(item));
    return few ? [{ what: `${path} takes only ${is.items.slice(0, 3).join(", ")} now`, kind, loosens: true }] : [];
  }
  const lost = was.items.find((item) => !is.items.some((other) => covers(other, item, leaf)));
  return lost === undefined ? [] : [{ what: `${path} no longer takes ${lost}`, kind, loosens: true }];
}

/** Entries that came to an ignore list and are not the output of tools. */
export function widenedIgnores(was: readonly string[], is: readonly string[]): string[] {
  const known = new Set(was.map(bare));
  const fresh = is.filter((item) => !known.has(bare(item)) && !OUTPUT.test(item) && !item.startsWith("!"));
  const unignored = was.filter((item) => item.startsWith("!") && !is.includes(item));
  return [...fresh, ...unignored];
}

function bare(item: string): string {
  return item.replace(/^\.?\/|\/?(?:\*\*)?(?:\/\*)?$/g, "").replace(/^\*\*\//, "");
}

/** Whether a pattern takes what the other one took: tried with the paths that the other one stands for. */
function covers(wide: string, item: string, leaf: string): boolean {
  if (wide === item || bare(wide) === bare(item)) return true;
  if (item.startsWith("!")) return true;
  if (leaf === "testRegex" || /[\\^$|]/.test(item) || /[\\^$|]/.test(wide)) return wide.length <= item.length;
  const folder = wide.replace(/^\.\//, "").replace(/\/?$/, "/");
  return samples(item).every(
    (path) => matches(wide, path) || (!/[*?{[]/.test(wide) && path.startsWith(folder)) || wide === ".",
  );
}

/** At most 32 paths that a pattern matches. */
function samples(pattern: string): string[] {
  let paths = [pattern.replace(/^\.\//, "").slice(0, 200)];
  for (let round = 0; round < 6; round++) {
    const next = paths.flatMap((path) => {
      const group = /[?+@*]?[({]([^(){}]*)[)}]/.exec(path);
      if (!group) return [path];
      const optional = group[0].startsWith("?") || group[0].startsWith("*");
      const parts = (group[1] ?? "").split(/[,|]/);
      return [...(optional ? [""] : []), ...parts].map(
        (part) => path.slice(0, group.index) + part + path.slice(group.index + group[0].length),
      );
    });
    paths = next.slice(0, 32);
  }
  return paths.flatMap((path) => [
    path
      .replace(/\[([^\]])[^\]]*\]/g, "$1")
      .replaceAll("**", "one/two")
      .replaceAll("*", "name")
      .replaceAll("?", "x"),
  ]);
}

/** Whether a glob matches a path. Words between stars are looked for in their order, so it takes linear time. */
function matches(glob: string, path: string): boolean {
  return expanded(glob.replace(/^\.\//, "").slice(0, 200)).some((one) => {
    const parts = one
      .replace(/\[[^\]]*\]/g, "*")
      .replace(/\*\*\//g, "*")
      .split(/\*+/);
    let at = 0;
    for (const [index, part] of parts.entries()) {
      if (index === 0) {
        if (!path.startsWith(part)) return false;
        at = part.length;
      } else if (index === parts.length - 1)
        return part === "" ? true : path.endsWith(part) && path.length - part.length >= at;
      else {
        const found = path.indexOf(part, at);
        if (found < 0) return false;
        at = found + part.length;
      }
    }
    return at === path.length;
  });
}

function expanded(glob: string): string[] {
  let globs = [glob];
  for (let round = 0; round < 6; round++)
    globs = globs
      .flatMap((one) => {
        const group = /([?+@*]?)[({]([^(){}]*)[)}]/.exec(one);
        if (!group) return [one];
        const parts = [...(/[?*]/.test(group[1] ?? "") ? [""] : []), ...(group[2] ?? "").split(/[,|]/)];
        return parts.map((part) => one.slice(0, group.index) + part + one.slice(group.index + group[0].length));
      })
      .slice(0, 64);
  return globs;
}
