import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** Cargo: crates are downloaded into its home; they are built by the build. A lockfile that is out of sync is a failure. */
export default defineDriver({
  role: "package-manager",
  manager: "cargo",
  runtime: "rust",
  install: (request) => ({
    fetch: withFlags(request, [request.lockfile === undefined ? "cargo fetch" : "cargo fetch --locked"]),
    outputs: [],
    key: keyOf(request, ["Cargo.lock", "Cargo.toml"]),
    env: { CARGO_HOME: request.cache, CARGO_TERM_PROGRESS_WHEN: "never" },
    relocatable: true,
    needs: [{ program: "cargo", next: "install Rust from https://rustup.rs, then run lodestar up again" }],
    path: [],
  }),
  examples: [
    {
      name: "the lockfile as it is",
      request: { lockfile: "Cargo.lock", version: undefined, names: ["Cargo.toml"], cache: "/c", flags: [] },
      fetch: "cargo fetch --locked",
    },
    {
      name: "a library keeps none",
      request: { lockfile: undefined, version: undefined, names: ["Cargo.toml"], cache: "/c", flags: [] },
      fetch: "cargo fetch",
    },
  ],
});
