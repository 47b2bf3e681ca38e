import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, pick, record, sure } from "./_shared-manifests.ts";
import { PYTHON_MANIFESTS, PYTHON_SCRIPTS } from "./_shared-python.ts";

/** Frameworks whose application object `python-web` finds; a file with one is no plain script. */
const WEB =
  /^\w+(,\s*\w+)*(\s*:\s*[\w.]+)?\s*=\s*(\w+\.)?(FastAPI|Starlette|Litestar|FastHTML|fast_app|Quart|Flask|Bottle)\(/m;
const SERVES: readonly (readonly [pattern: RegExp, port: number])[] = [
  [/\.launch\(/, 7860],
  [/\bweb\.run_app\(/, 8080],
  [/serve_forever\(|HTTPServer\(|TCPServer\(/, 8000],
];
const STAYS = /while True:|run_forever\(|run_polling\(|start_polling\(|infinity_polling\(|\bbot\.run\(|client\.run\(/;

/** A Python program without a web framework: `main.py` and its like, `python -m package`, or a console entry point. */
export default defineDetector({
  looksAt: [...PYTHON_MANIFESTS, ...PYTHON_SCRIPTS],
  async detect(dir) {
    const manifest = PYTHON_MANIFESTS.some((name) => dir.has(name));
    if (dir.has("manage.py") || (!manifest && isPartOf(dir, PYTHON_MANIFESTS))) return [];
    for (const script of PYTHON_SCRIPTS.filter((name) => dir.has(name))) {
      const text = (await dir.text(script)) ?? "";
      if (WEB.test(text)) return [];
      const role = roleOf(text, script);
      return [service(dir, { because: await dir.at(script), confidence: 0.8, ...role })];
    }
    return manifest ? entryPoints(dir) : [];
  },
  examples: [
    {
      name: "a script that ends",
      files: { "main.py": "print('hi')\n", "requirements.txt": "" },
      finds: [{ is: "service", command: "python main.py", kind: "job" }],
    },
    {
      name: "a server from the standard library",
      files: { "server.py": "PORT = 8000\nHTTPServer(('', 9000), H).serve_forever()\n" },
      finds: [{ is: "service", command: "python server.py", kind: "web", port: 9000 }],
    },
    {
      name: "Streamlit",
      files: { "app.py": "import streamlit as st\n", "requirements.txt": "streamlit\n" },
      finds: [{ is: "service", kind: "web", port: 8501, portEnv: "PORT" }],
    },
    {
      name: "the console entry point of a tool is only a guess",
      files: { "pyproject.toml": '[project.scripts]\ntool = "tool:main"\n' },
      finds: [{ is: "service", command: "tool", confidence: 0.45, because: ["pyproject.toml:2"] }],
    },
    {
      name: "a module of a project is no program",
      files: { "pyproject.toml": "[project]\nname = 'x'\n", "lib/app.py": "x = 1\n" },
      finds: [],
    },
  ],
});

interface Role {
  readonly command: string;
  readonly kind: "web" | "worker" | "job";
  readonly port?: number;
  readonly portEnv?: string;
}

function roleOf(text: string, script: string): Role {
  if (/^\s*(import|from) streamlit\b/m.test(text)) {
    const command = `streamlit run ${script} --server.headless true --server.port \${PORT:-8501}`;
    return { command, kind: "web", port: 8501, portEnv: "PORT" };
  }
  const command = `python ${script}`;
  for (const [pattern, usual] of SERVES) {
    if (!pattern.test(text)) continue;
    const stated =
      capture(text, /(?:HTTPServer|TCPServer)\(\(["'][\w.]*["'],\s*(\d{2,5})/) ??
      capture(text, /\bport\s*=\s*(?:int\(os\.[\w.]+\(\s*["']PORT["'],\s*)?["']?(\d{2,5})/i);
    const env = /["']PORT["']/.test(text) ? { portEnv: "PORT" } : {};
    return { command, kind: "web", port: stated ? Number(stated) : usual, ...env };
  }
  return { command, kind: STAYS.test(text) ? "worker" : "job" };
}

/** A package that runs with `python -m`, or commands that an install puts on PATH: tools as often as services. */
async function entryPoints(dir: DirView): Promise<DetectionDraft[]> {
  const scripts = dir.has("pyproject.toml") ? await dir.toml("pyproject.toml") : undefined;
  const names = Object.keys({
    ...record(pick(scripts, "project", "scripts")),
    ...record(pick(scripts, "tool", "poetry", "scripts")),
  });
  const [name] = names;
  if (name && names.length === 1)
    return [
      service(dir, {
        command: name,
        kind: "job",
        because: await dir.at("pyproject.toml", `${name} =`),
        confidence: 0.45,
      }),
    ];
  if (names.length > 0) return [];
  const prefix = dir.dir === "." ? "" : `${dir.dir}/`;
  const main = dir
    .below()
    .map((path) => path.slice(prefix.length))
    .find((path) => /^(src\/)?[\w-]+\/__main__\.py$/.test(path) && !/^(tests?|docs|examples?)\//.test(path));
  const module = main?.match(/([\w-]+)\/__main__\.py$/)?.[1];
  if (!main || !module) return [];
  return [service(dir, { command: `python -m ${module}`, kind: "job", because: await dir.at(main), confidence: 0.55 })];
}

function service(
  dir: DirView,
  { because, confidence, ...role }: Role & { because: string; confidence: number },
): DetectionDraft {
  return {
    is: "service",
    dir: dir.dir,
    because: [because],
    confidence: sure(dir, confidence),
    name: nameOf(dir, role.kind === "web" ? "web" : "main"),
    ...role,
  };
}
