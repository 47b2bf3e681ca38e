import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { missingScript, nameOf, pick, record, sure, word } from "./_shared-manifests.ts";

/** One start command that a hosting platform is told. `needle` is what stands in the file. */
interface Said {
  readonly name?: string;
  readonly command: string;
  readonly needle: string;
  readonly kind: "web" | "worker";
}
const READERS: Readonly<Record<string, (dir: DirView, file: string) => Promise<Said[]>>> = {
  "railpack.json": async (dir, file) => one(pick(await dir.json(file), "deploy", "startCommand")),
  "railway.json": async (dir, file) => one(pick(await dir.json(file), "deploy", "startCommand")),
  "railway.toml": async (dir, file) => one(pick(await dir.toml(file), "deploy", "startCommand")),
  "nixpacks.toml": async (dir, file) => one(pick(await dir.toml(file), "start", "cmd")),
  "nixpacks.json": async (dir, file) => one(pick(await dir.json(file), "start", "cmd")),
  "fly.toml": async (dir, file) =>
    Object.entries(record(pick(await dir.toml(file), "processes"))).flatMap(([name, value]) =>
      one(value, { name, kind: /^(app|web)$/.test(name) ? "web" : "worker" }),
    ),
  "render.yaml": async (dir, file) => {
    const services = pick(await dir.yaml(file), "services");
    return (Array.isArray(services) ? services : []).flatMap((entry) => {
      const service = record(entry);
      const here = word(service.rootDir) === undefined;
      const name = word(service.name);
      return here
        ? one(service.startCommand, { kind: service.type === "worker" ? "worker" : "web", ...(name && { name }) })
        : [];
    });
  },
};

/** What hosting platforms are told to start: Railway, Nixpacks, Fly, Render. Said by the repo, so said as a fact. */
export default defineDetector({
  looksAt: Object.keys(READERS),
  async detect(dir) {
    const found: DetectionDraft[] = [];
    for (const [file, read] of Object.entries(READERS)) {
      if (!dir.has(file)) continue;
      for (const said of await read(dir, file)) {
        if (/^\/|\/app\//.test(said.command)) continue;
        const lies = missingScript(dir, said.command) !== undefined;
        found.push({
          is: "service",
          dir: dir.dir,
          because: [await dir.at(file, said.needle)],
          confidence: sure(dir, lies ? 0.4 : 0.93),
          name: said.name ?? nameOf(dir, said.kind),
          kind: said.kind,
          command: said.command,
          ...(said.kind === "web" && { portEnv: "PORT" }),
        });
      }
    }
    return found;
  },
  examples: [
    {
      name: "Nixpacks",
      files: { "nixpacks.toml": '[start]\ncmd = "bash start.sh"\n', "start.sh": "" },
      finds: [{ is: "service", command: "bash start.sh", because: ["nixpacks.toml:2"] }],
    },
    {
      name: "settings with comments",
      files: {
        "railpack.json": '{ // how it starts\n"deploy": { "startCommand": "bash start.sh", } }',
        "start.sh": "",
      },
      finds: [{ is: "service", command: "bash start.sh", because: ["railpack.json:2"] }],
    },
    {
      name: "Render, with a worker",
      files: {
        "render.yaml": "services:\n  - type: worker\n    name: mailer\n    startCommand: node mail.js\n",
        "mail.js": "",
      },
      finds: [{ is: "service", name: "mailer", kind: "worker", command: "node mail.js" }],
    },
    {
      name: "nothing about starting",
      files: { "railpack.json": '{"packages":{}}', "fly.toml": 'app = "x"\n' },
      finds: [],
    },
  ],
});

function one(value: unknown, also: { name?: string; kind?: "web" | "worker" } = {}): Said[] {
  const command = word(value);
  return command ? [{ kind: "web", ...also, command, needle: command.split('"')[0] ?? command }] : [];
}
