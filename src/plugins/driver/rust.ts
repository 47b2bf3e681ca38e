import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Rust",
  program: "rustc",
  mise: "rust",
  installs: [".rustup/toolchains/*/bin", ".local/share/mise/installs/rust/*/bin"],
  // `rust-version` of Cargo.toml is a minimum; `nightly-2026-01-01` is a nightly.
  range: (asked) =>
    /^\d+\.\d+(?:\.\d+)?$/.test(asked) ? `>=${asked}` : asked.replace(/^(stable|beta|nightly)-.*$/, "$1"),
  near: () => false,
  next: (asked) => `rustup toolchain install ${versionOf(asked) ?? asked ?? "stable"}`,
};

/** Rust: a toolchain of rustup itself (not its proxy in ~/.cargo/bin, which would need all of ~/.rustup), or the one on PATH. */
export default defineDriver({
  role: "runtime",
  runtime: "rust",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "the toolchain behind rustup's proxy",
      asked: "stable",
      have: {
        "/home/me/.cargo/bin/rustc": "rustc 1.84.0 (9fc6b4312 2025-01-07)",
        "/home/me/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu/bin/rustc":
          "rustc 1.86.0-nightly (abc 2025-01-20)",
        "/home/me/.rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/rustc": "rustc 1.84.0 (9fc6b4312 2025-01-07)",
      },
      answer: {
        ok: true,
        version: "1.84.0",
        path: ["/home/me/.rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin"],
        reads: ["/home/me/.rustup/toolchains/stable-x86_64-unknown-linux-gnu"],
      },
    },
    {
      name: "nightly",
      asked: "nightly-2025-01-20",
      have: {
        "/home/me/.cargo/bin/rustc": "rustc 1.84.0 (9fc6b4312 2025-01-07)",
        "/home/me/.rustup/toolchains/nightly-x86_64-unknown-linux-gnu/bin/rustc":
          "rustc 1.86.0-nightly (abc 2025-01-20)",
      },
      answer: { ok: true, version: "1.86.0-nightly" },
    },
    {
      name: "too old",
      asked: "1.90",
      have: { "/usr/bin/rustc": "rustc 1.63.0" },
      answer: { ok: false, next: "rustup toolchain install 1.90" },
    },
  ],
});
