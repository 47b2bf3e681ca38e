import { defineDetector } from "../../sdk/index.ts";
import {
  capture,
  isPartOf,
  pick,
  toolVersions,
  upwards,
  word,
  type Asked,
  languageDetections,
} from "./_shared-manifests.ts";
import { cargoMembers } from "./_shared-rust.ts";

/** Cargo packages and workspaces, and the toolchain they ask for. */
export default defineDetector({
  looksAt: ["Cargo.toml"],
  async detect(dir) {
    const manifest = await dir.toml("Cargo.toml");
    const asked: Asked[] = [];
    for (const view of upwards(dir)) {
      for (const file of ["rust-toolchain.toml", "rust-toolchain"]) {
        const text = await view.text(file);
        const version = capture(text, /^\s*channel\s*=\s*["']([^"']+)["']/m) ?? capture(text, /^([\w.-]+)\s*$/);
        if (version) asked.push({ version, because: await view.at(file, version) });
      }
    }
    asked.push(...(await toolVersions(dir, "rust")));
    const least = word(pick(manifest, "package", "rust-version"));
    if (least) asked.push({ version: `>=${least}`, because: await dir.at("Cargo.toml", "rust-version") });
    const manifestPlace = await dir.at("Cargo.toml", "[package]");
    const found = languageDetections(dir, {
      language: "rust",
      runtime: "rust",
      asked,
      proof: manifestPlace,
      confidence: 0.97,
    });
    if (!isPartOf(dir, ["Cargo.lock"]) || dir.has("Cargo.lock"))
      found.push({
        is: "package-manager",
        dir: dir.dir,
        because: [dir.has("Cargo.lock") ? await dir.at("Cargo.lock") : manifestPlace],
        confidence: 0.97,
        name: "cargo",
        ...(dir.has("Cargo.lock") && { lockfile: "Cargo.lock" }),
      });
    if (pick(manifest, "workspace") !== undefined)
      found.push({
        is: "workspace",
        dir: dir.dir,
        because: [await dir.at("Cargo.toml", "[workspace]")],
        confidence: 0.97,
        tool: "cargo",
        members: cargoMembers(dir, manifest),
      });
    return found;
  },
  examples: [
    {
      name: "a pinned toolchain",
      files: {
        "Cargo.toml": '[package]\nname = "x"\nrust-version = "1.70"\n',
        "rust-toolchain.toml": '[toolchain]\nchannel = "nightly-2024-08-12"\n',
      },
      finds: [
        { is: "language", runtime: { name: "rust", version: "nightly-2024-08-12" } },
        { is: "language", runtime: { name: "rust", version: ">=1.70" } },
        { is: "package-manager", name: "cargo" },
      ],
    },
    {
      name: "a workspace",
      files: {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
        "crates/a/Cargo.toml": '[package]\nname = "a"\n',
      },
      finds: [{ is: "workspace", tool: "cargo", members: ["crates/a"] }],
    },
    { name: "no Rust", files: { "cargo.md": "" }, finds: [] },
  ],
});
