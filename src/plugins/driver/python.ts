import { defineDriver, type DriverTools } from "../../sdk/index.ts";
import { findRuntime, folderOf, versionIn, versionOf, type Candidate, type RuntimeSpec } from "./_shared-runtime.ts";

const OLDEST_MINOR = 6;
const NEWEST_MINOR = 20;

const spec: RuntimeSpec = {
  title: "Python",
  program: "python3",
  mise: "python",
  installs: [
    ".pyenv/versions/*/bin",
    ".local/share/uv/python/*/bin",
    ".local/share/mise/installs/python/*/bin",
    ".asdf/installs/python/*/bin",
  ],
  range: strictBounds,
  more: numbered,
  // The venv is made with this one; `python3` of the same folder may be another version.
  env: ({ folder, version }) => ({ PYTHON: `${folder}/python${version.split(".").slice(0, 2).join(".")}` }),
  next: (asked) => {
    const version = versionOf(asked) ?? "3";
    return version.includes(".")
      ? `uv python install ${version}   (or: pyenv install ${version})`
      : "sudo apt-get install python3 python3-venv";
  },
};

/** Python on PATH (`python3`, `python3.12` …), of pyenv, uv, mise or asdf. */
export default defineDriver({
  role: "runtime",
  runtime: "python",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "the python3 of PATH fits",
      asked: ">=3.9,<3.13",
      have: { "/usr/bin/python3": "Python 3.11.2" },
      answer: { ok: true, version: "3.11.2", path: ["/usr/bin"], env: { PYTHON: "/usr/bin/python3.11" } },
    },
    {
      name: "another python3.x beside it",
      asked: "3.9",
      have: { "/usr/bin/python3": "Python 3.11.2", "/usr/bin/python3.9": "Python 3.9.18" },
      answer: { ok: true, version: "3.9.18", env: { PYTHON: "/usr/bin/python3.9" } },
    },
    {
      name: "the shim of pyenv leads to the install it stands for",
      asked: undefined,
      have: {
        "/home/me/.pyenv/shims/python3": "Python 3.11.7",
        "/home/me/.pyenv/versions/3.11.7/bin/python3": "Python 3.11.7",
        "/home/me/.pyenv/versions/3.12.1/bin/python3": "Python 3.12.1",
      },
      answer: {
        ok: true,
        version: "3.11.7",
        path: ["/home/me/.pyenv/versions/3.11.7/bin"],
        reads: ["/home/me/.pyenv/versions/3.11.7"],
      },
    },
    {
      name: "another patch of the same line is used and said",
      asked: "3.11.9",
      have: { "/usr/bin/python3": "Python 3.11.2" },
      answer: { ok: true, version: "3.11.2", next: "uv python install 3.11.9   (or: pyenv install 3.11.9)" },
    },
    {
      name: "an older Python is not enough",
      asked: "^3.12",
      have: { "/usr/bin/python3": "Python 3.11.2" },
      answer: { ok: false, because: "Python ^3.12 is needed, and only Python 3.11.2 on PATH is there." },
    },
    {
      name: "none at all, and mise is there",
      asked: "3.12",
      have: { "/usr/bin/mise": "2026.1.0" },
      answer: { ok: false, next: "mise install python@3.12" },
    },
  ],
});

/** PEP 440 counts the missing parts as 0: `>3.8` takes 3.8.1, `<=3.11` does not take 3.11.2. */
function strictBounds(asked: string): string {
  return asked.replace(/(^|[\s,])(>|<=)\s*(\d+\.\d+)(?=$|[\s,])/g, "$1$2$3.0");
}

/** `python3.7` … of PATH, newest first; shims lead to installs that are found anyway. */
async function numbered({ toolbox }: DriverTools): Promise<Candidate[]> {
  const minors = Array.from({ length: NEWEST_MINOR - OLDEST_MINOR + 1 }, (_, index) => NEWEST_MINOR - index);
  const found = await Promise.all(
    minors.map(async (minor): Promise<Candidate[]> => {
      const path = await toolbox.which(`python3.${minor}`);
      if (path === undefined || path.includes("/shims/")) return [];
      const version = versionIn(await toolbox.version(path, ["--version"]));
      return version === undefined ? [] : [{ version, folder: folderOf(path), how: `Python ${version} on PATH` }];
    }),
  );
  return found.flat();
}
