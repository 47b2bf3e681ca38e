import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** Mix with a Hex of its own; `scripts` compiles the dependencies. */
export default defineDriver({
  role: "package-manager",
  manager: "mix",
  runtime: "elixir",
  install: (request) => ({
    fetch: withFlags(request, [
      "mix local.hex --force --if-missing && mix local.rebar --force --if-missing && mix deps.get",
    ]),
    scripts: "mix deps.compile",
    outputs: ["deps", "_build"],
    key: keyOf(request, ["mix.lock", "mix.exs"]),
    env: { MIX_HOME: `${request.cache}/mix`, HEX_HOME: `${request.cache}/hex` },
    relocatable: true,
    needs: [],
    path: [],
  }),
  examples: [
    {
      name: "a lockfile",
      request: { lockfile: "mix.lock", version: undefined, names: ["mix.exs"], cache: "/c", flags: [] },
      fetch: "mix local.hex --force --if-missing && mix local.rebar --force --if-missing && mix deps.get",
    },
  ],
});
