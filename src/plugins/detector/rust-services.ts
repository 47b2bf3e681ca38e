import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { capture, pick, record, sure } from "./_shared-manifests.ts";
import { cargoBins } from "./_shared-rust.ts";

/** Web frameworks of Rust: the port they take where the code names none, and the variable that sets it. */
const FRAMEWORKS: Readonly<Record<string, { port?: number; env?: string }>> = {
  rocket: { port: 8000, env: "ROCKET_PORT" },
  axum: {},
  "actix-web": {},
  warp: {},
  tide: {},
  poem: {},
  salvo: {},
  hyper: {},
  tonic: {},
};
const STAYS = /\bloop \{|signal::ctrl_c|tokio::signal/;

/** The programs of a cargo package, each one a service. */
export default defineDetector({
  looksAt: ["Cargo.toml"],
  async detect(dir) {
    const manifest = await dir.toml("Cargo.toml");
    const bins = cargoBins(dir, manifest);
    const dependencies = record(pick(manifest, "dependencies"));
    const framework = Object.keys(FRAMEWORKS).find((name) => name in dependencies);
    // What is published with a licence and a homepage is a tool to install, not a service to keep running.
    const published = ["license", "repository"].every((key) => pick(manifest, "package", key) !== undefined);
    const tool = published || ["clap", "structopt", "argh"].some((name) => name in dependencies);
    const found: DetectionDraft[] = [];
    for (const [index, bin] of bins.entries()) {
      const text = (await dir.text(bin.file)) ?? "";
      const serves =
        framework !== undefined && (bins.length === 1 || new RegExp(framework.replace("-", "_")).test(text));
      const usual = FRAMEWORKS[framework ?? ""];
      const stated = capture(text, /(?:\[?\s*\d+\s*,\s*0\s*,\s*0\s*,\s*[01]\s*\]?,\s*|["'][\w.]*:)(\d{2,5})\b/);
      const port = stated ? Number(stated) : usual?.port;
      const env = usual?.env ?? (/var\("PORT"\)/.test(text) ? "PORT" : undefined);
      const kind = serves ? "api" : STAYS.test(text) ? "worker" : "job";
      const confidence = serves ? 0.9 : tool ? 0.45 : kind === "job" ? 0.7 : 0.8;
      found.push({
        is: "service",
        dir: dir.dir,
        because: [await dir.at(bin.file, "fn main")],
        confidence: sure(dir, index === 0 ? confidence : Math.min(confidence, 0.6)),
        name: bin.name,
        kind,
        command: `cargo run --release --bin ${bin.name}`,
        ...(serves && port !== undefined && { port }),
        ...(serves && env && { portEnv: env }),
      });
    }
    if (bins.length === 0) return found;
    const proof = { dir: dir.dir, because: [await dir.at("Cargo.toml", "[package]")] };
    found.push({
      is: "command",
      ...proof,
      confidence: sure(dir, 0.9),
      role: "build",
      command: "cargo build --release",
    });
    if (framework) found.push({ is: "framework", ...proof, confidence: sure(dir, 0.9), framework, kind: "api" });
    return found;
  },
  examples: [
    {
      name: "Rocket",
      files: {
        "Cargo.toml": '[package]\nname = "web"\n[dependencies]\nrocket = "0.5"\n',
        "src/main.rs": "fn main() {}\n",
      },
      finds: [
        { is: "service", command: "cargo run --release --bin web", kind: "api", port: 8000, portEnv: "ROCKET_PORT" },
        { is: "command", role: "build", command: "cargo build --release" },
      ],
    },
    {
      name: "several programs, one of them the default",
      files: {
        "Cargo.toml": '[package]\nname = "many"\ndefault-run = "two"\n',
        "src/main.rs": "fn main() {}\n",
        "src/bin/two.rs": "fn main() {}\n",
      },
      finds: [
        { is: "service", name: "two", confidence: 0.7, because: ["src/bin/two.rs:1"] },
        { is: "service", name: "many", confidence: 0.6 },
      ],
    },
    {
      name: "a published tool is only a guess",
      files: {
        "Cargo.toml": '[package]\nname = "grip"\nlicense = "MIT"\nrepository = "https://example.test"\n',
        "src/main.rs": "fn main() {}\n",
      },
      finds: [{ is: "service", name: "grip", confidence: 0.45 }],
    },
    { name: "a library", files: { "Cargo.toml": '[package]\nname = "x"\n', "src/lib.rs": "" }, finds: [] },
  ],
});
