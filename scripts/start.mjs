// `npm start`: `lodestar up` on a copy of examples/storefront; `npm start -- <path> [flags]` on your own repository.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const flagsWithValue = new Set(["--port", "--data-dir"]);
const hasPath = args.some((arg, index) => !arg.startsWith("-") && !flagsWithValue.has(args[index - 1] ?? ""));
const dataDir = option("--data-dir") ?? process.env.LODESTAR_HOME ?? join(homedir(), ".lodestar");

const target = hasPath ? [] : [storefront(), "--trust"];
const done = spawnSync(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", join(root, "bin/lodestar.mjs"), "up", ...target, ...args],
  { stdio: "inherit" },
);
process.exit(done.status ?? 1);

/** A git repository of its own outside the checkout, kept for the next start. Its example is ours, so it is trusted. */
function storefront() {
  const copy = join(dataDir, "examples", "storefront");
  if (!existsSync(join(copy, ".git"))) {
    mkdirSync(copy, { recursive: true, mode: 0o700 });
    cpSync(join(root, "examples/storefront"), copy, {
      recursive: true,
      filter: (path) => !path.includes("node_modules"),
    });
    const git = (...words) =>
      execFileSync(
        "git",
        [
          "-c",
          "user.name=Lodestar",
          "-c",
          "user.email=lodestar@localhost",
          "-c",
          "init.defaultBranch=main",
          "-c",
          "commit.gpgsign=false",
          ...words,
        ],
        { cwd: copy, stdio: "ignore" },
      );
    git("init");
    git("add", "--all");
    git("commit", "--message", "The storefront, as it ships with Lodestar");
  }
  return copy;
}

function option(name) {
  const index = args.indexOf(name);
  return index < 0 ? undefined : args[index + 1];
}
