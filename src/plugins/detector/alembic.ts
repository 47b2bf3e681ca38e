import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { engineOf } from "./_shared-databases.ts";
import { capture, sure } from "./_shared-manifests.ts";

/** Alembic, and Flask-Migrate that wraps it: `upgrade head` brings the schema. */
export default defineDetector({
  looksAt: ["alembic.ini"],
  async detect(dir) {
    const ini = await dir.text("alembic.ini");
    const flask = /^migrations(\/|$)/.test(dir.dir.split("/").at(-1) ?? "");
    const home = flask ? dir.sub("..") : dir;
    const location = capture(ini, /^script_location\s*=\s*(?:%\(here\)s\/)?(\S+)/m) ?? "alembic";
    const folder = flask ? "migrations" : location.replace(/^\.\//, "");
    const version = home.below().find((path) => path.includes(`${folder}/versions/`) && path.endsWith(".py"));
    const url = capture(ini, /^sqlalchemy\.url\s*=\s*(\w+)/m);
    const engine = engineOf(url === "driver" ? undefined : url);
    const found: DetectionDraft = {
      is: "migration",
      dir: home.dir,
      because: [version ? await dir.root.at(version) : await dir.at("alembic.ini", "script_location")],
      confidence: sure(dir, version ? 0.93 : 0.5),
      tool: "alembic",
      command: flask ? "flask db upgrade" : "alembic upgrade head",
      ...(engine && { engine }),
    };
    return [found];
  },
  examples: [
    {
      name: "versions to apply",
      files: {
        "alembic.ini": "[alembic]\nscript_location = db\nsqlalchemy.url = postgresql://x\n",
        "db/versions/a1_init.py": "",
      },
      finds: [
        {
          is: "migration",
          tool: "alembic",
          command: "alembic upgrade head",
          engine: "postgres",
          because: ["db/versions/a1_init.py"],
        },
      ],
    },
    {
      name: "Flask-Migrate",
      files: { "app.py": "", "migrations/alembic.ini": "[alembic]\n", "migrations/versions/a.py": "" },
      finds: [{ is: "migration", dir: ".", command: "flask db upgrade" }],
    },
    { name: "another ini", files: { "setup.ini": "[alembic]\n" }, finds: [] },
  ],
});
