import { defineFixer, type Action } from "../../sdk/index.ts";
import { installOf, plain } from "./_shared.ts";

/**
 * What each manager says of a lockfile that does not fit its manifest. `install` leaves the lockfile alone (it is tracked);
 * where a manager has no such way, only `mend` is left, which is a question.
 */
const MANAGERS: readonly { says: RegExp; lockfile: string; mend: string; install?: string }[] = [
  {
    says: /`npm ci` can only install (?:packages when your package\.json and (?:package-lock|npm-shrinkwrap)\.json|with an existing package-lock\.json)|The `npm ci` command can only install with an existing/,
    lockfile: "package-lock.json",
    mend: "npm install",
    install: "npm install --no-package-lock --ignore-scripts --no-audit --no-fund",
  },
  {
    says: /ERR_PNPM_(?:OUTDATED_LOCKFILE|NO_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE)/,
    lockfile: "pnpm-lock.yaml",
    mend: "pnpm install",
    install: "pnpm install --no-lockfile --ignore-scripts",
  },
  {
    says: /Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`/,
    lockfile: "yarn.lock",
    mend: "yarn install",
    install: "yarn install --pure-lockfile --ignore-scripts --non-interactive",
  },
  {
    says: /The lockfile would have been (?:modified|created) by this install, which is explicitly forbidden/,
    lockfile: "yarn.lock",
    mend: "yarn install",
  },
  {
    says: /lockfile had changes, but lockfile is frozen/,
    lockfile: "bun.lock",
    mend: "bun install",
    install: "bun install --no-save --ignore-scripts",
  },
  {
    says: /The lockfile at `uv\.lock` needs to be updated, but `--(?:locked|frozen|check)`/,
    lockfile: "uv.lock",
    mend: "uv lock",
    install: "uv venv --allow-existing && uv pip install -r pyproject.toml",
  },
  {
    says: /pyproject\.toml changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date with pyproject\.toml/,
    lockfile: "poetry.lock",
    mend: "poetry lock",
  },
  { says: /Your Pipfile\.lock \([0-9a-f]+\) is out of date/, lockfile: "Pipfile.lock", mend: "pipenv lock" },
  {
    says: /(?:lock file .*needs to be updated but|cannot update the lock file .*because) --(?:locked|frozen) was passed/,
    lockfile: "Cargo.lock",
    mend: "cargo generate-lockfile",
  },
  {
    says: /updates to go\.mod needed|missing go\.sum entry for/,
    lockfile: "go.sum",
    mend: "go mod tidy",
  },
  {
    says: /in (?:deployment|frozen) mode after changing your Gemfile|the lockfile can't be updated because frozen mode is set/i,
    lockfile: "Gemfile.lock",
    mend: "bundle install",
  },
  {
    says: /Required package "[^"]+" is (?:not present in the lock file|in the lock file as)/,
    lockfile: "composer.lock",
    mend: "composer update --lock",
  },
];

/** The lockfile does not fit the manifest: installs from the manifest, without writing the lockfile, or asks. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const manager = MANAGERS.find(({ says }) => says.test(output));
    if (!manager) return undefined;
    const { lockfile, mend, install } = manager;
    const dir = installOf(failure)?.dir ?? failure.dir;
    const where = dir === "." ? "" : `cd ${dir} && `;
    const action: Action = install
      ? { do: "use-command", dir, role: "install", command: install }
      : {
          do: "ask",
          question: `${lockfile} does not fit its manifest, and ${mend.split(" ")[0]} cannot install without writing it.`,
          next: `${where}${mend}, commit ${lockfile}, then: lodestar up`,
        };
    return {
      title: install ? `installed without ${lockfile}, which is out of date` : `${lockfile} is out of date`,
      because: `${manager.says.exec(output)?.[0] ?? lockfile}; to mend it for good: ${where}${mend}, and commit ${lockfile}`,
      actions: [action],
      again: "install",
    };
  },
  examples: [
    {
      name: "npm ci with a dependency that the lockfile lacks",
      failure: { phase: "install" },
      real: {
        files: {
          "package.json": JSON.stringify({ name: "a", version: "1.0.0", dependencies: { b: "file:./b" } }),
          "b/package.json": JSON.stringify({ name: "b", version: "1.0.0" }),
          "package-lock.json": JSON.stringify({
            name: "a",
            version: "1.0.0",
            lockfileVersion: 3,
            packages: { "": { name: "a", version: "1.0.0" } },
          }),
        },
        command: "npm ci --ignore-scripts --offline",
        needs: ["npm"],
        cured: { command: "npm install --no-package-lock --ignore-scripts --no-audit --no-fund --offline" },
      },
      repairs: [
        {
          do: "use-command",
          role: "install",
          dir: ".",
          command: "npm install --no-package-lock --ignore-scripts --no-audit --no-fund",
        },
      ],
    },
    {
      name: "cargo build --locked",
      failure: { phase: "build" },
      real: {
        files: {
          "Cargo.toml": `[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nb = { path = "b" }\n`,
          "src/main.rs": "fn main() {}\n",
          "b/Cargo.toml": `[package]\nname = "b"\nversion = "0.1.0"\nedition = "2021"\n`,
          "b/src/lib.rs": "",
          "Cargo.lock": `version = 3\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n`,
        },
        command: "cargo metadata --locked --offline --format-version 1",
        needs: ["cargo --version"],
        cured: { command: "cargo generate-lockfile --offline && cargo metadata --locked --offline --format-version 1" },
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "pnpm",
      failure: {
        phase: "install",
        output: ` ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with package.json`,
      },
      repairs: [{ do: "use-command", command: "pnpm install --no-lockfile --ignore-scripts" }],
    },
    {
      name: "yarn 1",
      failure: {
        phase: "install",
        output: "error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
      },
      repairs: [{ do: "use-command" }],
    },
    {
      name: "yarn berry cannot install without writing it",
      failure: {
        phase: "install",
        output: "➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "bun",
      failure: { phase: "install", output: "error: lockfile had changes, but lockfile is frozen" },
      repairs: [{ do: "use-command", command: "bun install --no-save --ignore-scripts" }],
    },
    {
      name: "poetry",
      failure: {
        phase: "install",
        output:
          "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.",
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "uv",
      failure: {
        phase: "install",
        output:
          "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.",
      },
      repairs: [{ do: "use-command" }],
    },
    {
      name: "counter: npm ci that fails for another reason",
      failure: { phase: "install", output: "npm error code ENOTFOUND\nnpm error network request failed" },
      repairs: undefined,
    },
  ],
});
