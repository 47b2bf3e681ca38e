import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { sure } from "./_shared-manifests.ts";
import { rubyGems } from "./_shared-ruby.ts";

/** RSpec, Minitest through Rails or Rake, RuboCop and Standard. */
export default defineDetector({
  looksAt: ["Gemfile", "Rakefile", ".rspec", ".rubocop.yml"],
  async detect(dir) {
    const gems = await rubyGems(dir);
    const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
    const files = dir.below().map((path) => path.slice(prefix));
    const bundled = dir.has("Gemfile") ? "bundle exec " : "";
    const found: DetectionDraft[] = [];
    const add = (kind: "test" | "lint", name: string, command: string, because: string, confidence: number) =>
      found.push({
        is: "check",
        dir: dir.dir,
        because: [because],
        confidence: sure(dir, confidence),
        kind,
        name,
        command: bundled + command,
      });

    const spec = files.find((path) => /^spec\/.*_spec\.rb$/.test(path));
    const test = files.find((path) => /^test\/.*(_test|test_[^/]*)\.rb$/.test(path));
    const rakefile = await dir.text("Rakefile");
    if (spec) add("test", "rspec", "rspec", await dir.at(spec), 0.93);
    if (test && dir.has("config/application.rb")) add("test", "rails test", "rails test", await dir.at(test), 0.93);
    else if (test && rakefile && /TestTask|minitest/i.test(rakefile))
      add(
        "test",
        "rake test",
        "rake test",
        await dir.at("Rakefile", rakefile.match(/.*(TestTask|minitest).*/i)?.[0]),
        0.9,
      );
    else if (test)
      add(
        "test",
        "minitest",
        `ruby -Ilib -Itest -e 'Dir["test/**/*_test.rb"].sort.each { |f| require "./#{f}" }'`,
        await dir.at(test),
        0.7,
      );
    const rubocop =
      gems.get("rubocop")?.because ?? (dir.has(".rubocop.yml") ? await dir.at(".rubocop.yml") : undefined);
    if (rubocop) add("lint", "rubocop", "rubocop", rubocop, gems.has("rubocop") ? 0.85 : 0.6);
    const standard = gems.get("standard");
    if (standard) add("lint", "standard", "standardrb", standard.because, 0.8);
    return found;
  },
  examples: [
    {
      name: "RSpec and RuboCop",
      files: { Gemfile: 'gem "rspec"\ngem "rubocop"\n', "spec/a_spec.rb": "" },
      finds: [
        { is: "check", kind: "test", command: "bundle exec rspec", because: ["spec/a_spec.rb"] },
        { is: "check", kind: "lint", command: "bundle exec rubocop", because: ["Gemfile:2"] },
      ],
    },
    {
      name: "Minitest by Rake",
      files: { Rakefile: "Rake::TestTask.new\n", "test/test_a.rb": "" },
      finds: [{ is: "check", kind: "test", command: "rake test" }],
    },
    { name: "nothing to check", files: { Gemfile: 'gem "rake"\n' }, finds: [] },
  ],
});
