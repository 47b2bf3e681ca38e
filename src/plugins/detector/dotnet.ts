import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { capture, pick, sure, toolVersions, upwards, word, type Asked } from "./_shared-manifests.ts";

/** .NET projects (C#, F#, Visual Basic): the SDK they ask for, web and console programs, tests; and solutions. */
export default defineDetector({
  looksAt: ["*.csproj", "*.fsproj", "*.vbproj", "*.sln"],
  async detect(dir) {
    const found: DetectionDraft[] = [];
    const solution = dir.names.find((name) => name.endsWith(".sln"));
    if (solution) {
      const text = (await dir.text(solution)) ?? "";
      const paths = [...text.matchAll(/"([^"]+\.(?:cs|fs|vb)proj)"/g)].map((match) =>
        (match[1] ?? "").replaceAll("\\", "/"),
      );
      const members = paths
        .filter((path) => dir.has(path) && path.includes("/"))
        .map((path) => dir.sub(path).sub("..").dir);
      const at = { dir: dir.dir, because: [await dir.at(solution)], confidence: sure(dir, 0.95) };
      if (members.length > 0) found.push({ is: "workspace", ...at, tool: "dotnet", members });
      found.push({ is: "package-manager", ...at, name: "dotnet" });
    }
    const file = dir.names.find((name) => /\.(cs|fs|vb)proj$/.test(name));
    if (!file) return found;
    const project = (await dir.text(file)) ?? "";
    const at = { dir: dir.dir, because: [await dir.at(file)], confidence: sure(dir, 0.95) };
    const asked: Asked[] = [];
    for (const view of upwards(dir)) {
      const version = view.has("global.json")
        ? word(pick(await view.json("global.json"), "sdk", "version"))
        : undefined;
      if (version) asked.push({ version, because: await view.at("global.json", version) });
    }
    asked.push(...(await toolVersions(dir, "dotnet")));
    const framework = capture(project, /<TargetFrameworks?>\s*net(?:coreapp)?(\d+\.\d+)/);
    if (framework) asked.push({ version: framework, because: await dir.at(file, `net${framework}`) });
    const language = file.endsWith(".fsproj") ? "fsharp" : file.endsWith(".vbproj") ? "visualbasic" : "csharp";
    for (const [index, { version, because }] of asked.entries())
      found.push({
        is: "language",
        ...at,
        because: [because],
        confidence: 0.95 - index * 0.02,
        language,
        runtime: { name: "dotnet", version },
      });
    if (asked.length === 0) found.push({ is: "language", ...at, language, runtime: { name: "dotnet" } });
    const lock = dir.has("packages.lock.json") ? { lockfile: "packages.lock.json" } : {};
    if (!solution) found.push({ is: "package-manager", ...at, name: "dotnet", ...lock });
    if (project.includes("Microsoft.NET.Test.Sdk")) {
      const because = [await dir.at(file, "Microsoft.NET.Test.Sdk")];
      found.push({ is: "check", ...at, because, kind: "test", name: "dotnet test", command: "dotnet test" });
      return found;
    }
    const web = /Sdk="Microsoft\.NET\.Sdk\.Web"/.test(project);
    const worker = /Sdk="Microsoft\.NET\.Sdk\.Worker"/.test(project);
    if (!web && !worker && !/<OutputType>\s*(Exe|WinExe)/i.test(project)) return found;
    const name = file.replace(/\.\w+$/, "");
    const run = `dotnet run --no-launch-profile -c Release --project ${file}`;
    found.push({ is: "command", ...at, role: "build", command: `dotnet build -c Release ${file}` });
    if (!web) {
      found.push({
        is: "service",
        ...at,
        confidence: sure(dir, 0.78),
        name,
        kind: worker ? "worker" : "job",
        command: run,
      });
      return found;
    }
    const command = `ASPNETCORE_URLS=http://127.0.0.1:\${PORT:-5000} ${run}`;
    found.push({ is: "framework", ...at, framework: "aspnetcore", kind: "api", port: 5000 });
    found.push({
      is: "service",
      ...at,
      confidence: sure(dir, 0.92),
      name,
      kind: "api",
      command,
      port: 5000,
      portEnv: "PORT",
    });
    return found;
  },
  examples: [
    {
      name: "a web project",
      files: {
        "shop.csproj": '<Project Sdk="Microsoft.NET.Sdk.Web">\n<TargetFramework>net8.0</TargetFramework>\n</Project>',
        "global.json": '{"sdk":{"version":"8.0.404"}}',
      },
      finds: [
        {
          is: "language",
          language: "csharp",
          runtime: { name: "dotnet", version: "8.0.404" },
          because: ["global.json:1"],
        },
        { is: "language", runtime: { name: "dotnet", version: "8.0" }, because: ["shop.csproj:2"] },
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
    { name: "no .NET", files: { "app.config": "" }, finds: [] },
  ],
});
