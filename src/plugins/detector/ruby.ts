import { defineDetector } from "../../sdk/index.ts";
import { capture, isPartOf, toolVersions, versionFile, type Asked, languageDetections } from "./_shared-manifests.ts";

/** Ruby projects, the version they ask for, and Bundler. */
export default defineDetector({
  looksAt: ["Gemfile", "config.ru", "app.rb", "main.rb", "*.gemspec"],
  async detect(dir) {
    const gemfile = await dir.text("Gemfile");
    const gemspec = dir.names.find((name) => name.endsWith(".gemspec"));
    if (gemfile === undefined && isPartOf(dir, ["Gemfile"])) return [];
    const proof = ["Gemfile", "config.ru", gemspec, "app.rb", "main.rb"].find((name) => name && dir.has(name));
    if (!proof) return [];
    const asked: Asked[] = [
      ...(await versionFile(dir, ".ruby-version", /^ruby-/)),
      ...(await toolVersions(dir, "ruby")),
    ];
    const stated = capture(gemfile, /^\s*ruby\s+["']([^"']+)["']/m);
    if (stated) asked.push({ version: stated, because: await dir.at("Gemfile", stated) });
    const lock = await dir.text("Gemfile.lock");
    const locked = capture(lock, /RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)/);
    if (locked) asked.push({ version: locked, because: await dir.at("Gemfile.lock", `ruby ${locked}`) });
    const found = languageDetections(dir, {
      language: "ruby",
      runtime: "ruby",
      asked,
      proof: await dir.at(proof),
      confidence: 0.93,
    });
    // A gem of the repo that another Gemfile takes by path is installed with that one.
    if (gemfile === undefined || (gemspec && isPartOf(dir, ["Gemfile"]))) return found;
    const version = capture(lock, /BUNDLED WITH\n\s+(\S+)/);
    found.push({
      is: "package-manager",
      dir: dir.dir,
      because: [await dir.at(lock === undefined ? "Gemfile" : "Gemfile.lock")],
      confidence: 0.97,
      name: "bundler",
      ...(version && { version }),
      ...(lock !== undefined && { lockfile: "Gemfile.lock" }),
    });
    return found;
  },
  examples: [
    {
      name: "Bundler with its version",
      files: {
        Gemfile: 'source "https://rubygems.org"\nruby "3.2.1"\n',
        "Gemfile.lock": "GEM\n\nBUNDLED WITH\n   2.4.9\n",
        ".ruby-version": "ruby-3.2.1\n",
      },
      finds: [
        { is: "language", language: "ruby", runtime: { name: "ruby", version: "3.2.1" }, because: [".ruby-version:1"] },
        { is: "package-manager", name: "bundler", version: "2.4.9", lockfile: "Gemfile.lock" },
      ],
    },
    { name: "no Ruby", files: { "app.py": "", "Gemfile.md": "" }, finds: [] },
  ],
});
