import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: "Go",
  program: "go",
  args: ["version"],
  mise: "go",
  installs: [
    ".local/share/mise/installs/go/*/bin",
    ".asdf/installs/golang/*/go/bin",
    ".goenv/versions/*/bin",
    "sdk/*/bin",
  ],
  // `go 1.22` in go.mod is the oldest Go that will do (https://go.dev/ref/mod#go-mod-file-go).
  range: (asked) => (/^(?:go)?\d+(?:\.\d+)*$/.test(asked) ? `>=${asked.replace(/^go/, "")}` : asked),
  // From 1.21 on, an older Go downloads the one that go.mod asks for (https://go.dev/doc/toolchain).
  near: (version) => /^1\.(?:2[1-9]|[3-9]\d)(?:\.|$)/.test(version),
  next: (asked) =>
    `download Go ${versionOf(asked) ?? ""} from https://go.dev/dl/ and put its bin folder on PATH`.replace("  ", " "),
};

/** Go on PATH, of mise, asdf or goenv. */
export default defineDriver({
  role: "runtime",
  runtime: "go",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "a newer Go than go.mod says",
      asked: "1.20",
      have: { "/usr/local/bin/go": "go version go1.24.3 linux/amd64" },
      answer: { ok: true, version: "1.24.3" },
    },
    {
      name: "one that fetches the newer one by itself, and it is said",
      asked: "1.25",
      have: { "/usr/bin/go": "go version go1.22.2 linux/amd64" },
      answer: {
        ok: true,
        version: "1.22.2",
        next: "download Go 1.25 from https://go.dev/dl/ and put its bin folder on PATH",
      },
    },
    {
      name: "too old for that",
      asked: "1.25",
      have: { "/usr/bin/go": "go version go1.19.8 linux/amd64" },
      answer: { ok: false },
    },
  ],
});
