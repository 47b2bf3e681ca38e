import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** Go modules: downloaded into the module cache, nothing in the repo. The environment is needed by later commands too. */
export default defineDriver({
  role: "package-manager",
  manager: "go",
  runtime: "go",
  install: (request) => ({
    fetch: withFlags(request, ["go mod download"]),
    outputs: [],
    key: keyOf(request, ["go.mod", "go.sum", "go.work", "go.work.sum"]),
    // `-modcacherw`: a cache that can be removed again like any other folder.
    env: { GOMODCACHE: `${request.cache}/mod`, GOCACHE: `${request.cache}/build`, GOFLAGS: "-modcacherw" },
    relocatable: true,
    needs: [],
    path: [],
  }),
  examples: [
    {
      name: "modules",
      request: { lockfile: "go.sum", version: undefined, names: ["go.mod", "go.sum"], cache: "/c", flags: [] },
      fetch: "go mod download",
    },
  ],
});
