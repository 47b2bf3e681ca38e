import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { capture, isPartOf, nameOf, sure, toolVersions, type Asked } from "./_shared-manifests.ts";

/** Mix projects: the version they ask for, Phoenix or a plain application, Ecto's migrations, tests. */
export default defineDetector({
  looksAt: ["mix.exs"],
  async detect(dir) {
    const mix = ((await dir.text("mix.exs")) ?? "").replace(/^\s*#.*$/gm, "");
    const asked: Asked[] = await toolVersions(dir, "elixir");
    const stated = capture(mix, /\belixir:\s*"([^"]+)"/);
    if (stated) asked.push({ version: stated, because: await dir.at("mix.exs", `elixir: "${stated}"`) });
    const at = { dir: dir.dir, because: [await dir.at("mix.exs")], confidence: sure(dir, 0.95) };
    const found: DetectionDraft[] = asked.map(({ version, because }, index) => ({
      is: "language",
      ...at,
      because: [because],
      confidence: 0.95 - index * 0.02,
      language: "elixir",
      runtime: { name: "elixir", version },
    }));
    if (found.length === 0) found.push({ is: "language", ...at, language: "elixir", runtime: { name: "elixir" } });
    const lock = dir.has("mix.lock") ? { lockfile: "mix.lock" } : {};
    if (!isPartOf(dir, ["mix.exs"])) found.push({ is: "package-manager", ...at, name: "mix", ...lock });
    const needs = (name: string) => new RegExp(`\\{:${name},`).test(mix);
    const name = capture(mix, /\bapp:\s*:(\w+)/) ?? nameOf(dir, "app");
    const server = needs("plug_cowboy") || needs("bandit");
    if (needs("phoenix")) {
      const because = [await dir.at("mix.exs", "{:phoenix,")];
      found.push({ is: "framework", ...at, because, framework: "phoenix", kind: "web", port: 4000 });
      found.push({
        is: "service",
        ...at,
        because,
        name,
        kind: "web",
        command: "mix phx.server",
        port: 4000,
        portEnv: "PORT",
      });
    } else if (/\bmod:\s*\{/.test(mix)) {
      const because = [await dir.at("mix.exs", "mod:")];
      const kind = server ? "api" : "worker";
      found.push({
        is: "service",
        ...at,
        because,
        confidence: sure(dir, 0.85),
        name,
        kind,
        command: "mix run --no-halt",
        ...(server && { port: 4000 }),
      });
    }
    const migrations = dir.below().find((path) => /priv\/\w+\/migrations\/\d+_\w+\.exs$/.test(path));
    if (migrations && needs("ecto_sql")) {
      const engine = needs("postgrex")
        ? "postgres"
        : needs("myxql")
          ? "mysql"
          : needs("ecto_sqlite3")
            ? "sqlite"
            : undefined;
      const seed = dir.has("priv/repo/seeds.exs") ? { seed: "mix run priv/repo/seeds.exs" } : {};
      const because = [await dir.root.at(migrations)];
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
    if (test)
      found.push({
        is: "check",
        ...at,
        because: [await dir.root.at(test)],
        kind: "test",
        name: "mix test",
        command: "mix test",
      });
    if (dir.has(".formatter.exs"))
      found.push({
        is: "check",
        ...at,
        because: [await dir.at(".formatter.exs")],
        kind: "format",
        name: "mix format",
        command: "mix format --check-formatted",
      });
    return found;
  },
  examples: [
    {
      name: "Phoenix with Ecto",
      files: {
        "mix.exs":
          'app: :shop,\nelixir: "~> 1.14",\n{:phoenix, "~> 1.7"},\n{:ecto_sql, "~> 3"},\n{:postgrex, ">= 0"}\n',
        "mix.lock": "",
        "priv/repo/migrations/20240101_a.exs": "",
        "test/a_test.exs": "",
      },
      finds: [
        { is: "language", runtime: { name: "elixir", version: "~> 1.14" }, because: ["mix.exs:2"] },
        { is: "service", name: "shop", command: "mix phx.server", port: 4000 },
        { is: "migration", tool: "ecto", engine: "postgres" },
        { is: "check", kind: "test", command: "mix test" },
      ],
    },
    {
      name: "an application without Phoenix",
      files: { "mix.exs": "app: :bot,\nmod: {Bot.Application, []}\n" },
      finds: [{ is: "service", name: "bot", command: "mix run --no-halt", kind: "worker" }],
    },
    { name: "no Mix", files: { "rebar.config": "" }, finds: [] },
  ],
});
