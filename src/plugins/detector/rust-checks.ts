import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { pick, sure, upwards } from "./_shared-manifests.ts";
import { sourcesOf } from "./_shared-sources.ts";

/** Tests find each other's crates in the target folder; what only a check made does not belong there (autocfg's fail then). */
const APART = "--target-dir target/lodestar-check";

/** What cargo checks in a package or a whole workspace. Members of a workspace are checked at its root. */
export default defineDetector({
  looksAt: ["Cargo.toml"],
  async detect(dir) {
    if (await isMember(dir)) return [];
    const whole = pick(await dir.toml("Cargo.toml"), "workspace") !== undefined ? " --workspace" : "";
    const place = await dir.at("Cargo.toml", whole ? "[workspace]" : "[package]");
    const check = { is: "check", dir: dir.dir } as const;
    const found: DetectionDraft[] = [
      {
        ...check,
        because: [place],
        confidence: sure(dir, 0.85),
        kind: "types",
        name: "cargo check",
        command: `cargo check${whole} --all-targets ${APART}`,
      },
    ];
    const test = await firstTest(dir);
    if (test)
      found.push({
        ...check,
        because: [test],
        confidence: sure(dir, 0.95),
        kind: "test",
        name: "cargo test",
        command: `cargo test${whole}`,
      });
    const clippy = ["clippy.toml", ".clippy.toml"].find((name) => dir.has(name));
    if (clippy)
      found.push({
        ...check,
        because: [await dir.at(clippy)],
        confidence: sure(dir, 0.75),
        kind: "lint",
        name: "clippy",
        command: `cargo clippy${whole} --all-targets ${APART}`,
      });
    const format = ["rustfmt.toml", ".rustfmt.toml"].find((name) => dir.has(name));
    if (format)
      found.push({
        ...check,
        because: [await dir.at(format)],
        confidence: sure(dir, 0.75),
        kind: "format",
        name: "rustfmt",
        command: "cargo fmt --check",
      });
    return found;
  },
  examples: [
    {
      name: "a workspace with tests in a member",
      files: {
        "Cargo.toml": '[workspace]\nmembers = ["a"]\n',
        "a/Cargo.toml": '[package]\nname = "a"\n',
        "a/src/lib.rs": "#[test]\nfn works() {}\n",
      },
      finds: [
        { is: "check", dir: ".", kind: "test", command: "cargo test --workspace", because: ["a/src/lib.rs:1"] },
        {
          is: "check",
          kind: "types",
          command: "cargo check --workspace --all-targets --target-dir target/lodestar-check",
        },
      ],
    },
    { name: "no Rust", files: { Makefile: "test:\n\tcargo test\n" }, finds: [] },
  ],
});

async function isMember(dir: DirView): Promise<boolean> {
  for (const above of upwards(dir).slice(1))
    if (above.has("Cargo.toml") && pick(await above.toml("Cargo.toml"), "workspace") !== undefined) return true;
  return false;
}

/** The first test of the package or of its members: a folder of integration tests, else an attribute in the code. */
async function firstTest(dir: DirView): Promise<string | undefined> {
  const folders = dir.below().filter((path) => /(^|\/)tests\/[^/]+\.rs$/.test(path));
  if (folders[0]) return dir.root.at(folders[0]);
  const packages = dir
    .below()
    .filter((path) => path.endsWith("Cargo.toml"))
    .slice(0, 50);
  for (const manifest of packages) {
    const folder = manifest.slice(0, Math.max(0, manifest.length - "/Cargo.toml".length)) || ".";
    for (const { path, text } of await sourcesOf(dir.root.sub(folder), { limit: 100 }))
      if (path.endsWith(".rs") && /#\[(\w+::)?test\]/.test(text)) return dir.root.at(path, "test]");
  }
  return undefined;
}
