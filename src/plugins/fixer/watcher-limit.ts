import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const SAYS =
  /ENOSPC: System limit for number of file watchers reached|OS file watch limit reached|EMFILE: too many open files, watch/;

/** The system has no file watcher left: the tools look for changes themselves, which needs none. */
export default defineFixer({
  repair(failure) {
    const says = SAYS.exec(plain(failure))?.[0];
    if (says === undefined) return undefined;
    const service = failure.service === undefined ? {} : { service: failure.service };
    return {
      title: "looked for changes by polling",
      because: `${says}; for good: sudo sysctl fs.inotify.max_user_watches=524288`,
      actions: ["CHOKIDAR_USEPOLLING", "WATCHPACK_POLLING"].map((name) => ({
        do: "set-env",
        name,
        value: "true",
        ...service,
      })),
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a watcher in a user namespace that has none left",
      failure: { service: "web" },
      real: {
        files: {
          "watch.js": `const fs = require("node:fs");
if (process.env.CHOKIDAR_USEPOLLING) process.exit(0);
for (const name of ["a", "b", "c"]) fs.mkdirSync(name, { recursive: true }), fs.watch(name).unref();`,
        },
        command: "unshare -Ur sh -c 'echo 1 > /proc/sys/user/max_inotify_watches && node watch.js'",
        needs: ["unshare -Ur sh -c 'echo 1 > /proc/sys/user/max_inotify_watches'"],
        cured: { env: { CHOKIDAR_USEPOLLING: "true" } },
      },
      repairs: [
        { do: "set-env", name: "CHOKIDAR_USEPOLLING", value: "true" },
        { do: "set-env", name: "WATCHPACK_POLLING", value: "true" },
      ],
    },
    {
      name: "counter: the disk is full",
      failure: { output: "Error: ENOSPC: no space left on device, write" },
      repairs: undefined,
    },
    {
      name: "counter: too many files, but no watcher",
      failure: { output: "Error: EMFILE: too many open files, open '/app/a.txt'" },
      repairs: undefined,
    },
  ],
});
