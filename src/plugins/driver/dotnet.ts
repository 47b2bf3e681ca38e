import { defineDriver } from "../../sdk/index.ts";
import { findRuntime, versionOf, type RuntimeSpec } from "./_shared-runtime.ts";

const spec: RuntimeSpec = {
  title: ".NET SDK",
  program: "dotnet",
  mise: "dotnet",
  installs: [".local/share/mise/installs/dotnet/*", ".asdf/installs/dotnet/*"],
  // `net8.0`, `8.0` or an SDK of global.json: a newer SDK builds it too.
  range: (asked) => (/^(?:net|netcoreapp)?\d+(?:\.\d+)*$/.test(asked) ? `>=${versionOf(asked)}` : asked),
  // A program for an older runtime starts on the newer one only when it is told that it may.
  env: () => ({ DOTNET_ROLL_FORWARD: "Major", DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" }),
  next: (asked) => `sudo apt-get install dotnet-sdk-${versionOf(asked)?.split(".").slice(0, 2).join(".") ?? "8.0"}`,
};

/** The .NET SDK on PATH, of mise or asdf. */
export default defineDriver({
  role: "runtime",
  runtime: "dotnet",
  find: (asked, tools) => findRuntime(spec, asked, tools),
  examples: [
    {
      name: "a newer SDK",
      asked: "net6.0",
      have: { "/usr/bin/dotnet": "8.0.404" },
      answer: { ok: true, version: "8.0.404" },
    },
    {
      name: "an older SDK",
      asked: "9.0",
      have: { "/usr/bin/dotnet": "8.0.404" },
      answer: { ok: false, next: "sudo apt-get install dotnet-sdk-9.0" },
    },
  ],
});
