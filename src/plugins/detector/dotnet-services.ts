import { defineDetector } from "../../sdk/index.ts";
import { sure } from "./_shared-manifests.ts";

/** What a .NET project runs: a web application, a worker, a console program, or tests. */
export default defineDetector({
  looksAt: ["*.csproj", "*.fsproj", "*.vbproj"],
  async detect(dir) {
    const file = dir.names.find((name) => /\.(cs|fs|vb)proj$/.test(name)) ?? "";
    const project = (await dir.text(file)) ?? "";
    const at = { dir: dir.dir, because: [await dir.at(file)], confidence: sure(dir, 0.92) };
    if (project.includes("Microsoft.NET.Test.Sdk")) {
      const because = [await dir.at(file, "Microsoft.NET.Test.Sdk")];
      return [{ is: "check", ...at, because, kind: "test", name: "dotnet test", command: "dotnet test" }];
    }
    const web = /Sdk="Microsoft\.NET\.Sdk\.Web"/.test(project);
    const worker = /Sdk="Microsoft\.NET\.Sdk\.Worker"/.test(project);
    if (!web && !worker && !/<OutputType>\s*(Exe|WinExe)/i.test(project)) return [];
    const name = file.replace(/\.\w+$/, "");
    const run = `dotnet run --no-launch-profile -c Release --project ${file}`;
    const build = { is: "command", ...at, role: "build", command: `dotnet build -c Release ${file}` } as const;
    if (!web) {
      const stays = worker || /while\s*\(\s*true\s*\)|\.Run(Async)?\(/.test((await dir.text("Program.cs")) ?? "");
      const kind = stays ? "worker" : "job";
      return [build, { is: "service", ...at, confidence: sure(dir, 0.78), name, kind, command: run }];
    }
    const command = `ASPNETCORE_URLS=http://127.0.0.1:\${PORT:-5000} ${run}`;
    return [
      build,
      { is: "framework", ...at, framework: "aspnetcore", kind: "api", port: 5000 },
      { is: "service", ...at, name, kind: "api", command, port: 5000, portEnv: "PORT" },
    ];
  },
  examples: [
    {
      name: "a web project",
      files: { "shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>' },
      finds: [
        {
          is: "service",
          name: "shop",
          command:
            "ASPNETCORE_URLS=http://127.0.0.1:${PORT:-5000} dotnet run --no-launch-profile -c Release --project shop.csproj",
        },
      ],
    },
    {
      name: "tests are no service",
      files: { "t/t.fsproj": '<Project><PackageReference Include="Microsoft.NET.Test.Sdk"/></Project>' },
      finds: [{ is: "check", kind: "test", command: "dotnet test" }],
    },
    { name: "a library", files: { "a.csproj": '<Project Sdk="Microsoft.NET.Sdk"></Project>' }, finds: [] },
  ],
});
