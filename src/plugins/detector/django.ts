import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { engineOf } from "./_shared-databases.ts";
import { capture, nameOf, sure } from "./_shared-manifests.ts";
import { pythonDependencies } from "./_shared-python.ts";

const ENGINES: Readonly<Record<string, string>> = {
  postgresql: "postgres",
  postgresql_psycopg2: "postgres",
  postgis: "postgres",
  mysql: "mysql",
  sqlite3: "sqlite",
};

/** Django: the server behind `manage.py`, its database and its migrations. */
export default defineDetector({
  looksAt: ["manage.py"],
  async detect(dir) {
    const manage = await dir.text("manage.py");
    if (!manage?.includes("DJANGO_SETTINGS_MODULE")) return [];
    const settings = capture(manage, /DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']/);
    const because = [await dir.at("manage.py", "DJANGO_SETTINGS_MODULE")];
    const wsgi = await wsgiModule(dir, settings);
    const gunicorn = (await pythonDependencies(dir)).get("gunicorn");
    const at = { dir: dir.dir, confidence: sure(dir, 0.9) };
    const serve = "python manage.py runserver 127.0.0.1:${PORT:-8000}";
    const service = {
      is: "service",
      ...at,
      name: nameOf(dir, "web"),
      kind: "web",
      port: 8000,
      portEnv: "PORT",
    } as const;
    const found: DetectionDraft[] = [
      { is: "framework", ...at, because, framework: "django", kind: "web", port: 8000 },
      { ...service, because, command: serve, mode: gunicorn ? "dev" : "start" },
    ];
    if (gunicorn && wsgi)
      found.push({
        ...service,
        because: [wsgi.because, gunicorn.because],
        confidence: sure(dir, 0.92),
        command: `gunicorn ${wsgi.module}:application --bind 127.0.0.1:\${PORT:-8000}`,
      });
    const database = await databaseOf(dir, settings);
    if (database) found.push(database);
    const engine = database?.engine;
    found.push({
      is: "migration",
      ...at,
      because,
      tool: "django",
      command: "python manage.py migrate --noinput",
      ...(engine && { engine }),
    });
    return found;
  },
  examples: [
    {
      name: "gunicorn is declared, the database comes from the environment",
      files: {
        "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/wsgi.py": "",
        "shop/settings.py":
          'DATABASES = {\n  "default": {\n    "ENGINE": "django.db.backends.postgresql",\n    "NAME": os.environ["DATABASE_URL"]}}\n',
        "requirements.txt": "Django\ngunicorn\n",
      },
      finds: [
        { is: "service", command: "gunicorn shop.wsgi:application --bind 127.0.0.1:${PORT:-8000}", mode: "start" },
        { is: "database", engine: "postgres", env: "DATABASE_URL", because: ["shop/settings.py:3"] },
        { is: "migration", tool: "django", engine: "postgres" },
      ],
    },
    {
      name: "the development server where nothing else is declared",
      files: { "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.settings")\n' },
      finds: [{ is: "service", command: "python manage.py runserver 127.0.0.1:${PORT:-8000}", mode: "start" }],
    },
    { name: "another manage.py", files: { "manage.py": "from flask.cli import main\n" }, finds: [] },
  ],
});

async function wsgiModule(
  dir: DirView,
  settings: string | undefined,
): Promise<{ module: string; because: string } | undefined> {
  const packages = settings?.split(".") ?? [];
  for (let depth = packages.length - 1; depth > 0; depth--) {
    const folder = packages.slice(0, depth);
    const path = `${folder.join("/")}/wsgi.py`;
    if (dir.has(path)) return { module: `${folder.join(".")}.wsgi`, because: await dir.at(path) };
  }
  return undefined;
}

/** The default database of the settings module, or of the files of a settings package. */
async function databaseOf(
  dir: DirView,
  settings: string | undefined,
): Promise<(DetectionDraft & { is: "database" }) | undefined> {
  const base = settings?.replaceAll(".", "/");
  if (!base) return undefined;
  const folder = base.includes("/") ? base.slice(0, base.lastIndexOf("/")) : base;
  for (const path of [
    `${base}.py`,
    `${base}/base.py`,
    `${base}/__init__.py`,
    `${folder}/base.py`,
    `${folder}/common.py`,
  ]) {
    const text = await dir.text(path);
    const block = text?.slice(Math.max(0, text.indexOf("DATABASES")));
    if (!text || !block || !text.includes("DATABASES")) continue;
    const engine =
      ENGINES[capture(block, /django[\w.]*\.backends\.(\w+)/) ?? ""] ??
      engineOf(capture(block, /["'](postgres\w*|mysql|sqlite)(?:\+\w+)?:\/\//));
    const env = capture(
      block.slice(0, 1500),
      /(?:env(?:iron)?\.db\(\s*|environ(?:\.get)?[[(]\s*|getenv\(\s*|config\(\s*)["'](\w*(?:DATABASE|DB|POSTGRES|PG|MYSQL)\w*(?:URL|URI|DSN))["']/,
    );
    const url = env ?? (/dj_database_url|env\.db\(/.test(block) ? "DATABASE_URL" : undefined);
    if (!engine) continue;
    const needle = capture(block, /(django[\w.]*\.backends\.\w+)/);
    return {
      is: "database",
      dir: dir.dir,
      because: [await dir.at(path, needle)],
      confidence: sure(dir, 0.9),
      engine,
      via: "orm",
      ...(url && { env: url }),
    };
  }
  return undefined;
}
