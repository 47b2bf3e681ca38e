import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { missingScript, sure } from "./_shared-manifests.ts";

const FILES = ["Procfile", "Procfile.dev"];
const MIGRATES = /migrat|upgrade head|db:(prepare|setup|push)|db push/;

/** A Procfile says what runs, word for word; `release` brings the database up to date. */
export default defineDetector({
  looksAt: FILES,
  async detect(dir) {
    const found: DetectionDraft[] = [];
    for (const file of FILES) {
      for (const line of ((await dir.text(file)) ?? "").split("\n")) {
        const [, name, command] = line.match(/^([\w-]+)\s*:\s*(\S.*?)\s*$/) ?? [];
        if (!name || !command) continue;
        const lies = missingScript(dir, command) !== undefined || isPlatformBinary(dir, command);
        const at = { dir: dir.dir, because: [await dir.at(file, line)], confidence: sure(dir, lies ? 0.4 : 0.95) };
        if (name === "release") {
          if (MIGRATES.test(command)) found.push({ is: "migration", ...at, tool: "release", command });
          continue;
        }
        const web = name === "web";
        found.push({
          is: "service",
          ...at,
          name,
          kind: web ? "web" : "worker",
          command,
          mode: file === "Procfile.dev" ? "dev" : "start",
          // Heroku's contract: a web process listens on the port that PORT names.
          ...(web && { portEnv: "PORT" }),
        });
      }
    }
    return found;
  },
  examples: [
    {
      name: "web, worker and release",
      files: { Procfile: "web: gunicorn a.wsgi\nworker: celery -A a worker\nrelease: python manage.py migrate\n" },
      finds: [
        {
          is: "service",
          name: "web",
          kind: "web",
          command: "gunicorn a.wsgi",
          portEnv: "PORT",
          because: ["Procfile:1"],
        },
        { is: "service", name: "worker", kind: "worker", because: ["Procfile:2"] },
        { is: "migration", tool: "release", command: "python manage.py migrate" },
      ],
    },
    {
      name: "a Procfile that names a script that is not there",
      files: { Procfile: "web: node server.js\n" },
      finds: [{ is: "service", command: "node server.js", confidence: 0.4 }],
    },
    {
      name: "a binary that only the platform's build makes",
      files: { Procfile: "web: bin/shop\n", "go.mod": "module shop\n" },
      finds: [{ is: "service", command: "bin/shop", confidence: 0.4 }],
    },
    { name: "only a comment", files: { Procfile: "# web: node a.js\n" }, finds: [] },
  ],
});

/** Heroku puts the program of a Go or Rust project on PATH or into `bin`; nothing else does. */
function isPlatformBinary(dir: DirView, command: string): boolean {
  if (!dir.has("go.mod") && !dir.has("Cargo.toml")) return false;
  const program = command.replace(/^([A-Z_]+=\S*\s+)+/, "").split(/\s/)[0] ?? "";
  if (!/^(\.\/)?(bin\/|target\/release\/)?[\w.-]+$/.test(program)) return false;
  return (
    !/^(go|cargo|make|sh|bash|env|exec|npm|npx|node|python3?|bundle|java)$/.test(program) &&
    !dir.has(program.replace(/^\.\//, ""))
  );
}
