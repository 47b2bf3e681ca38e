import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Elixir",
  program: "elixir",
  args: ["--short-version"],
  mise: "elixir",
  installs: [".local/share/mise/installs/elixir/*/bin", ".asdf/installs/elixir/*/bin"],
  // `1.15.4-otp-26` names the Erlang it was built for.
  range: (asked) =>
    asked
      .replace(/-otp-\d+$/, "")
      .replaceAll(/\s+and\s+/g, ", ")
      .replaceAll(/\s+or\s+/g, " || "),
  next: (asked) =>
    asked === undefined ? "sudo apt-get install elixir" : `asdf install elixir ${versionOf(asked) ?? asked}`,
};

/** Elixir on PATH, of mise or asdf. */
export default defineDriver({
  role: "runtime",
  runtime: "elixir",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "on PATH",
      asked: "~> 1.14",
      have: { "/usr/bin/elixir": "1.15.7" },
      answer: { ok: true, version: "1.15.7" },
    },
    {
      name: "too old",
      asked: "1.17.0-otp-27",
      have: { "/usr/bin/elixir": "1.14.0" },
      answer: { ok: false, next: "asdf install elixir 1.17.0" },
    },
  ],
});
