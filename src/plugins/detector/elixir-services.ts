import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { capture, nameOf, sure } from "./_shared-manifests.ts";

/** Phoenix, or an application with a supervision tree; Ecto's migrations; tests and format. */
export default defineDetector({
  looksAt: ["mix.exs"],
  async detect(dir) {
    const mix = ((await dir.text("mix.exs")) ?? "").replace(/^\s*#.*$/gm, "");
    const has = (name: string) => mix.includes(`{:${name},`);
    const at = { dir: dir.dir, confidence: sure(dir, 0.93) };
    const found: DetectionDraft[] = [];
    const name = capture(mix, /\bapp:\s*:(\w+)/) ?? nameOf(dir, "app");
    if (has("phoenix")) {
      const because = [await dir.at("mix.exs", "{:phoenix,")];
      const web = { ...at, kind: "web", port: 4000 } as const;
      found.push({ is: "framework", ...web, because, framework: "phoenix" });
      found.push({ is: "service", ...web, because, name, command: "mix phx.server", portEnv: "PORT" });
    } else if (/\bmod:\s*\{/.test(mix)) {
      const serves = has("plug_cowboy") || has("bandit");
      const service = { name, kind: serves ? "api" : "worker", command: "mix run --no-halt" } as const;
      const because = [await dir.at("mix.exs", "mod:")];
      found.push({ is: "service", ...at, because, ...service, ...(serves && { port: 4000 }) });
    }
    const migration = dir.below().find((path) => /priv\/\w+\/migrations\/\d+_\w+\.exs$/.test(path));
    if (migration && has("ecto_sql")) {
      const engine = has("postgrex") ? "postgres" : has("myxql") ? "mysql" : has("ecto_sqlite3") ? "sqlite" : undefined;
      const seed = dir.has("priv/repo/seeds.exs") ? { seed: "mix run priv/repo/seeds.exs" } : {};
      const because = [await dir.root.at(migration)];
      found.push({
        is: "migration",
        ...at,
        because,
        tool: "ecto",
        command: "mix ecto.migrate",
        ...seed,
        ...(engine && { engine }),
      });
    }
    const test = dir.below().find((path) => /(^|\/)test\/.*_test\.exs$/.test(path));
    if (test) {
      const because = [await dir.root.at(test)];
      found.push({ is: "check", ...at, because, kind: "test", name: "mix test", command: "mix test" });
    }
    if (dir.has(".formatter.exs")) {
      const because = [await dir.at(".formatter.exs")];
      found.push({
        is: "check",
        ...at,
        because,
        kind: "format",
        name: "mix format",
        command: "mix format --check-formatted",
      });
    }
    return found;
  },
  examples: [
    {
      name: "Phoenix with Ecto",
      files: {
        "mix.exs": 'app: :shop,\n{:phoenix, "~> 1.7"},\n{:ecto_sql, "~> 3"},\n{:postgrex, ">= 0"}\n',
        "priv/repo/migrations/20240101_a.exs": "",
        "test/a_test.exs": "",
      },
      finds: [
        { is: "service", name: "shop", command: "mix phx.server", port: 4000, because: ["mix.exs:2"] },
        { is: "migration", tool: "ecto", engine: "postgres" },
        { is: "check", kind: "test", command: "mix test" },
      ],
    },
    {
      name: "an application without Phoenix",
      files: { "mix.exs": "app: :bot,\nmod: {Bot.Application, []}\n" },
      finds: [{ is: "service", name: "bot", command: "mix run --no-halt", kind: "worker" }],
    },
    { name: "a library", files: { "mix.exs": "app: :lib\n" }, finds: [] },
  ],
});
