import { defineDriver } from "../../sdk/index.ts";
import { keyOf, withFlags } from "./_shared-install.ts";

/** NuGet by `dotnet restore`. The lists in `obj` name the absolute path of the packages. */
export default defineDriver({
  role: "package-manager",
  manager: "dotnet",
  runtime: "dotnet",
  install: (request) => ({
    fetch: withFlags(request, [request.lockfile === undefined ? "dotnet restore" : "dotnet restore --locked-mode"]),
    outputs: ["obj"],
    key: keyOf(
      request,
      request.names.filter((name) =>
        /\.(?:csproj|fsproj|vbproj|sln|slnx|props|targets)$|^(?:packages\.lock|global)\.json$|^nuget\.config$/i.test(
          name,
        ),
      ),
    ),
    env: { NUGET_PACKAGES: request.cache, DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" },
    relocatable: false,
    needs: [],
    path: [],
  }),
  examples: [
    {
      name: "a project",
      request: { lockfile: undefined, version: undefined, names: ["App.csproj"], cache: "/c", flags: [] },
      fetch: "dotnet restore",
    },
  ],
});
