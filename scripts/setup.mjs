// `node setup.mjs <script> [arguments]`: installs what package-lock.json says, once, then runs the script under the
// Node 24 that the npm package `node` brought. Works on a machine that has only Node 20 and npm: plain JavaScript, no
// dependencies, as it runs before there are any.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}node_modules/.lodestar-setup`;
const wanted = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const started = Date.now();
  console.error("setup: installing dependencies (npm ci)");
  const done = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    // npm passes its own settings to scripts as npm_config_*; a --json or --silent meant for us is not meant for this npm.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_config_json"))),
    shell: process.platform === "win32",
  });
  if (done.status !== 0) {
    console.error(
      "setup: npm ci failed. Tried: npm ci. Next: check the network and the npm registry (npm ping), then run it again.",
    );
    process.exit(2);
  }
  writeFileSync(stamp, wanted);
  console.error(`setup: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const [script, ...args] = process.argv.slice(2);
if (script !== undefined) {
  const node = `${root}node_modules/.bin/node`;
  // `npm run` puts node_modules/.bin in front of PATH; a shell that has looked `node` up before would not notice.
  const child = spawn(existsSync(node) ? node : process.execPath, [`${root}${script}`, ...args], {
    stdio: "inherit",
    cwd: process.cwd(),
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
