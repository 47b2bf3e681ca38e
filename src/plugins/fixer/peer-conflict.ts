import { defineFixer } from "../../sdk/index.ts";
import { installOf, plain } from "./_shared.ts";

const MANAGERS: readonly { says: RegExp; flag: string }[] = [
  { says: /npm (?:error|ERR!) code ERESOLVE/, flag: "--legacy-peer-deps" },
  { says: /ERR_PNPM_PEER_DEP_ISSUES/, flag: "--no-strict-peer-dependencies" },
];

/** Two packages ask for different versions of a third: installs as older package managers did, and says so. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const manager = MANAGERS.find(({ says }) => says.test(output));
    if (!manager || failure.command.includes(manager.flag)) return undefined;
    const found = /Found: (\S+)/.exec(output)?.[1];
    const peer = /peer (\S+ from \S+)/.exec(output)?.[1]?.replaceAll('"', "");
    return {
      title: `installed with ${manager.flag}`,
      because:
        found && peer
          ? `${found} is installed, but there is a peer ${peer}`
          : "peer dependencies contradict each other",
      actions: [{ do: "install", dir: installOf(failure)?.dir ?? failure.dir, flags: [manager.flag], fresh: false }],
      again: "install",
    };
  },
  examples: [
    {
      name: "a plugin that wants an older host",
      failure: { phase: "install" },
      real: {
        files: {
          "package.json": JSON.stringify({ name: "app", version: "1.0.0" }),
          "host/package.json": JSON.stringify({ name: "host", version: "2.0.0" }),
          "plugin/package.json": JSON.stringify({
            name: "plugin",
            version: "1.0.0",
            peerDependencies: { host: "^1.0.0" },
          }),
        },
        command:
          "npm pack --silent ./host ./plugin >/dev/null && npm install --offline ${FLAG} ./host-2.0.0.tgz ./plugin-1.0.0.tgz",
        needs: ["npm"],
        cured: { env: { FLAG: "--legacy-peer-deps" } },
      },
      repairs: [{ do: "install", flags: ["--legacy-peer-deps"], fresh: false }],
    },
    {
      name: "counter: npm only warns and goes on",
      failure: {
        phase: "install",
        output: "npm warn ERESOLVE overriding peer dependency\nnpm error code E404\nnpm error 404 Not Found",
      },
      repairs: undefined,
    },
    {
      name: "counter: the flag was there already",
      failure: { phase: "install", command: "npm install --legacy-peer-deps", output: "npm error code ERESOLVE" },
      repairs: undefined,
    },
  ],
});
