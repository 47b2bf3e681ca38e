// `npm run check`: what guards the house besides the tests. Each guard is a script of package.json; all run, then the verdict.
import { spawnSync } from "node:child_process";

const guards = ["types", "lint", "format:check", "dead", "package"];
const red = guards.filter((guard) => {
  const begun = Date.now();
  const done = spawnSync("npm", ["run", "--silent", guard], { stdio: "inherit", shell: process.platform === "win32" });
  console.log(`${done.status === 0 ? "ok " : "RED"} ${guard} ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return done.status !== 0;
});
if (red.length > 0) console.error(`check: red: ${red.join(", ")}. Next: npm run ${red[0]}`);
process.exit(red.length === 0 ? 0 : 1);
