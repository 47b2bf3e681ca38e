import { defineDetector } from "../../sdk/index.ts";
import { capture, isPartOf, languageDetections, sure, toolVersions } from "./_shared-manifests.ts";

/** Mix projects and the version of Elixir they ask for. */
export default defineDetector({
  looksAt: ["mix.exs"],
  async detect(dir) {
    const mix = ((await dir.text("mix.exs")) ?? "").replace(/^\s*#.*$/gm, "");
    const asked = await toolVersions(dir, "elixir");
    const stated = capture(mix, /\belixir:\s*"([^"]+)"/);
    if (stated) asked.push({ version: stated, because: await dir.at("mix.exs", `elixir: "${stated}"`) });
    const proof = await dir.at("mix.exs");
    const found = languageDetections(dir, { language: "elixir", runtime: "elixir", asked, proof, confidence: 0.95 });
    // The applications of an umbrella are installed at its root.
    if (isPartOf(dir, ["mix.exs"])) return found;
    const lock = dir.has("mix.lock") ? { lockfile: "mix.lock" } : {};
    found.push({
      is: "package-manager",
      dir: dir.dir,
      because: [proof],
      confidence: sure(dir, 0.97),
      name: "mix",
      ...lock,
    });
    return found;
  },
  examples: [
    {
      name: "a project with a lockfile",
      files: { "mix.exs": 'app: :shop,\nelixir: "~> 1.14",\n', "mix.lock": "", ".tool-versions": "elixir 1.16.2\n" },
      finds: [
        { is: "language", runtime: { name: "elixir", version: "1.16.2" }, because: [".tool-versions:1"] },
        { is: "language", runtime: { name: "elixir", version: "~> 1.14" }, because: ["mix.exs:2"] },
        { is: "package-manager", name: "mix", lockfile: "mix.lock" },
      ],
    },
    { name: "no Mix", files: { "rebar.config": "" }, finds: [] },
  ],
});
