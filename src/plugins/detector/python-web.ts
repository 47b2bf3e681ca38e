import { defineDetector, type DirView } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, sure } from "./_shared-manifests.ts";
import { PYTHON_MANIFESTS, ownProject, pythonDependencies, type PythonDependency } from "./_shared-python.ts";

const FILES = ["main.py", "app.py", "server.py", "asgi.py", "wsgi.py", "api.py", "application.py", "run.py"];
const FRAMEWORKS: Readonly<Record<string, { framework: string; protocol: "asgi" | "wsgi" }>> = {
  FastAPI: { framework: "fastapi", protocol: "asgi" },
  Starlette: { framework: "starlette", protocol: "asgi" },
  Litestar: { framework: "litestar", protocol: "asgi" },
  FastHTML: { framework: "fasthtml", protocol: "asgi" },
  fast_app: { framework: "fasthtml", protocol: "asgi" },
  Quart: { framework: "quart", protocol: "asgi" },
  Flask: { framework: "flask", protocol: "wsgi" },
  Bottle: { framework: "bottle", protocol: "wsgi" },
};
const APP = new RegExp(
  `^(\\w+)(?:,\\s*\\w+)*(?:\\s*:\\s*[\\w.]+)?\\s*=\\s*(?:\\w+\\.)?(${Object.keys(FRAMEWORKS).join("|")})\\(`,
  "m",
);

interface App {
  readonly path: string;
  readonly object: string;
  readonly framework: string;
  readonly protocol: "asgi" | "wsgi";
  readonly because: string;
  /** The file starts the server itself when it is run. */
  readonly runs: boolean;
  readonly port: number | undefined;
}

/** Web applications of Python: the module that holds the application object, and the declared server for it. */
export default defineDetector({
  looksAt: [...PYTHON_MANIFESTS, ...FILES],
  async detect(dir) {
    if (dir.has("manage.py") || isPartOfProject(dir)) return [];
    const app = await findApp(dir);
    if (!app) return [];
    const dependencies = await pythonDependencies(dir);
    const { command, server, confidence, port } = commandFor(app, dependencies);
    const because = server ? [app.because, server.because] : [app.because];
    const kind = app.framework === "fasthtml" ? "web" : "api";
    return [
      { is: "framework", dir: dir.dir, because, confidence: sure(dir, 0.9), framework: app.framework, kind, port },
      {
        is: "service",
        dir: dir.dir,
        because,
        confidence: sure(dir, confidence),
        name: nameOf(dir, kind),
        kind,
        command,
        port,
        ...(command.includes("PORT") && { portEnv: "PORT" }),
      },
    ];
  },
  examples: [
    {
      name: "FastAPI with uvicorn, in a package",
      files: { "requirements.txt": "fastapi\nuvicorn\n", "app/__init__.py": "", "app/main.py": "app = FastAPI()\n" },
      finds: [
        { is: "service", command: "uvicorn app.main:app --host 127.0.0.1 --port ${PORT:-8000}", port: 8000 },
        { is: "framework", framework: "fastapi", because: ["app/main.py:1", "requirements.txt:2"] },
      ],
    },
    {
      name: "Flask with gunicorn",
      files: { "requirements.txt": "Flask==3.1\ngunicorn==23\n", "main.py": "app = Flask(__name__)\n" },
      finds: [{ is: "service", command: "gunicorn main:app --bind 127.0.0.1:${PORT:-8000}", portEnv: "PORT" }],
    },
    {
      name: "Flask that starts itself",
      files: {
        "requirements.txt": "Flask\n",
        "main.py": 'app = Flask(__name__)\nif __name__ == "__main__":\n    app.run(port=8080)\n',
      },
      finds: [{ is: "service", command: "python main.py", port: 8080 }],
    },
    {
      name: "Flask without a server of its own",
      files: { "requirements.txt": "Flask\n", "app.py": "app = Flask(__name__)\n" },
      finds: [{ is: "service", command: "flask --app app run --port ${PORT:-5000}", port: 5000 }],
    },
    { name: "a script", files: { "requirements.txt": "flask\n", "main.py": "print('app = Flask()')\n" }, finds: [] },
  ],
});

/** `app.py` in a folder of a project belongs to that project. */
function isPartOfProject(dir: DirView): boolean {
  return !PYTHON_MANIFESTS.some((name) => dir.has(name)) && isPartOf(dir, PYTHON_MANIFESTS);
}

/** The first file with an application object: at the top, else in a package one or two folders down. */
async function findApp(dir: DirView): Promise<App | undefined> {
  const prefix = dir.dir === "." ? "" : `${dir.dir}/`;
  const nested = dir
    .below()
    .map((path) => path.slice(prefix.length))
    .filter((path) =>
      /^(?!tests?\/|examples?\/|docs\/|scripts\/|migrations\/)[^/]+\/([^/]+\/)?(main|app|api|server|asgi|wsgi|__init__)\.py$/.test(
        path,
      ),
    )
    .filter((path) => !ownProject(dir, path))
    .sort((a, b) => a.split("/").length - b.split("/").length)
    .slice(0, 40);
  for (const path of [...FILES.filter((name) => dir.has(name)), ...nested]) {
    const text = await dir.text(path);
    const match = text?.match(APP);
    const known = FRAMEWORKS[match?.[2] ?? ""];
    if (!text || !match?.[1] || !known) continue;
    const main = text.split(/^if __name__\s*==/m)[1] ?? "";
    const port = capture(main, /port\s*=\s*(?:int\()?(?:os\.[\w.]+\(["']PORT["'],\s*)?["']?(\d{2,5})/);
    return {
      path,
      object: match[1],
      ...known,
      because: await dir.at(path, match[0]),
      runs: /\brun\(|\bserve\(/.test(main),
      port: port ? Number(port) : undefined,
    };
  }
  return undefined;
}

function commandFor(
  app: App,
  dependencies: ReadonlyMap<string, PythonDependency>,
): { command: string; server: PythonDependency | undefined; confidence: number; port: number } {
  const folder = app.path.startsWith("src/") ? "src" : undefined;
  const module = app.path
    .slice(folder ? 4 : 0)
    .replace(/(\/__init__)?\.py$/, "")
    .replaceAll("/", ".");
  const target = `${module}:${app.object}`;
  const standard =
    app.framework === "fastapi" ? (dependencies.get("uvicorn") ?? dependencies.get("fastapi-cli")) : undefined;
  const uvicorn = dependencies.get("uvicorn") ?? standard;
  const gunicorn = dependencies.get("gunicorn");
  const file = app.path.includes("/") ? `python -m ${module}` : `python ${app.path}`;
  const asgi = `uvicorn ${target}${folder ? ` --app-dir ${folder}` : ""} --host 127.0.0.1 --port \${PORT:-8000}`;
  if (app.protocol === "asgi" && (uvicorn || !app.runs))
    return { command: asgi, server: uvicorn, confidence: uvicorn ? 0.92 : 0.7, port: 8000 };
  if (app.protocol === "wsgi" && gunicorn) {
    const command = `gunicorn ${target}${folder ? ` --chdir ${folder}` : ""} --bind 127.0.0.1:\${PORT:-8000}`;
    return { command, server: gunicorn, confidence: 0.92, port: 8000 };
  }
  if (app.runs)
    return {
      command: file,
      server: undefined,
      confidence: 0.88,
      port: app.port ?? (app.protocol === "asgi" ? 8000 : 5000),
    };
  if (app.framework === "flask") {
    const where = folder ? app.path.replace(/\.py$/, "") : module;
    return {
      command: `flask --app ${where} run --port \${PORT:-5000}`,
      server: undefined,
      confidence: 0.85,
      port: 5000,
    };
  }
  return { command: file, server: undefined, confidence: 0.5, port: 8080 };
}
