/** What holds for all detectors together, on one repo with many ecosystems: no credential gets out, and copies do not count. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPlugins } from "../../host/plugins.ts";
import { viewRepo } from "../../host/repo-view.ts";
import { detect } from "../../kernel/detect.ts";
import { harmlessExample } from "./_shared-env.ts";

const { detectors } = await loadPlugins();

function look(files: Readonly<Record<string, string>>) {
  return detect(viewRepo({ files: Object.keys(files), read: async (path) => files[path] }), detectors);
}

test("no credential and no foreign host reaches a detection", async () => {
  const leaks = ["hunter2", "db.acme.io", "sk-live-51H8xyzABCDEFGH", "10.20.30.40", "AKIAIOSFODNN7EXAMPLE"];
  const { detections } = await look({
    "package.json": '{"scripts":{"start":"node a.js"},"dependencies":{"pg":"8"}}',
    "a.js": 'new Client(process.env.DATABASE_URL ?? "postgres://admin:hunter2@db.acme.io/x")\n',
    ".env": "SECRET=hunter2\n",
    ".env.example":
      "DATABASE_URL=postgres://admin:hunter2@db.acme.io/x\nSTRIPE_KEY=sk-live-51H8xyzABCDEFGH\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nCACHE_HOST=10.20.30.40\nNOTE=sk-live-51H8xyzABCDEFGH\nMAIL=admin:hunter2@db.acme.io\n",
    "compose.yml":
      "services:\n  api:\n    build: .\n    environment:\n      - DATABASE_URL=postgres://admin:hunter2@db.acme.io/x\n      - CACHE_HOST=10.20.30.40\n  db:\n    image: postgres:16\n    environment: { POSTGRES_PASSWORD: hunter2 }\n",
    "alembic.ini": "[alembic]\nsqlalchemy.url = postgresql://admin:hunter2@db.acme.io/x\n",
    "drizzle.config.ts":
      'export default { dialect: "postgresql", dbCredentials: { url: "postgres://admin:hunter2@db.acme.io/x" } };\n',
    "config/database.yml": "production:\n  adapter: postgresql\n  password: hunter2\n  host: db.acme.io\n",
    Gemfile: 'gem "pg"\n',
  });
  const said = JSON.stringify(detections);
  assert.deepEqual(
    leaks.filter((leak) => said.includes(leak)),
    [],
  );
  assert.ok(detections.some((found) => found.is === "database" && found.env === "DATABASE_URL"));
});

test("harmless values survive, so that an application starts with what its authors meant", () => {
  for (const [name, value] of [
    ["PORT", "3000"],
    ["APP_NAME", "My shop"],
    ["BASE_URL", "http://localhost:3000/api"],
    ["DATABASE_URL", "file:./dev.db"],
    ["MAIL_FROM", "hello@example.com"],
    ["LOG_LEVEL", '"debug"'],
  ] as const)
    assert.equal(harmlessExample(name, value), value.replaceAll('"', ""));
});

test("copies are nothing, and what lies beside the product is a guess", async () => {
  const { detections } = await look({
    "go.mod": "module lib\n",
    "lib.go": "package lib\n",
    "vendor/github.com/x/y/go.mod": "module y\n",
    "vendor/github.com/x/y/main.go": "package main\nfunc main() {}\n",
    "node_modules/z/package.json": '{"scripts":{"start":"node z.js"}}',
    "third_party/app/requirements.txt": "flask\n",
    "third_party/app/app.py": "app = Flask(__name__)\n",
    "examples/server/go.mod": "module server\n",
    "examples/server/main.go": 'package main\nfunc main() { http.ListenAndServe(":8080", nil) }\n',
    "tests/fixtures/web/Procfile": "web: node a.js\n",
  });
  const services = detections.filter((found) => found.is === "service");
  assert.deepEqual(
    detections.filter(({ dir }) => /^(vendor|node_modules|third_party)/.test(dir)),
    [],
  );
  assert.ok(services.some(({ dir }) => dir === "examples/server"));
  assert.deepEqual(
    services.filter(({ confidence }) => confidence >= 0.5),
    [],
  );
});

test("a broken manifest is a problem of the plan, and the rest is still known", async () => {
  const { detections, problems } = await look({
    "pyproject.toml": "[project\n",
    "requirements.txt": "fastapi\nuvicorn\n",
    "main.py": "app = FastAPI()\n",
    "compose.yml": "services: [\n",
    "composer.json": "{",
  });
  assert.deepEqual(problems.map(({ file }) => file).sort(), ["compose.yml", "composer.json", "pyproject.toml"]);
  assert.ok(detections.some((found) => found.is === "service" && found.command.startsWith("uvicorn main:app")));
});
