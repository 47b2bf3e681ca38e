import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import {
  capture,
  languageDetections,
  pick,
  sure,
  toolVersions,
  upwards,
  word,
  type Asked,
} from "./_shared-manifests.ts";

const LANGUAGES: Readonly<Record<string, string>> = { csproj: "csharp", fsproj: "fsharp", vbproj: "visualbasic" };

/** .NET projects and solutions: the language, and the SDK they ask for. */
export default defineDetector({
  looksAt: ["*.csproj", "*.fsproj", "*.vbproj", "*.sln"],
  async detect(dir) {
    const found: DetectionDraft[] = [];
    const solution = dir.names.find((name) => name.endsWith(".sln"));
    const file = dir.names.find((name) => /\.(cs|fs|vb)proj$/.test(name));
    const lock = dir.has("packages.lock.json") ? { lockfile: "packages.lock.json" } : {};
    const because = [await dir.at(solution ?? file ?? "")];
    const at = { dir: dir.dir, because, confidence: sure(dir, 0.95) };
    if (solution) {
      const text = (await dir.text(solution)) ?? "";
      const paths = [...text.matchAll(/"([^"]+\.(?:cs|fs|vb)proj)"/g)].map((match) =>
        (match[1] ?? "").replaceAll("\\", "/"),
      );
      const members = paths
        .filter((path) => path.includes("/") && dir.has(path))
        .map((path) => dir.sub(path).sub("..").dir);
      if (members.length > 0) found.push({ is: "workspace", ...at, tool: "dotnet", members });
    }
    found.push({ is: "package-manager", ...at, name: "dotnet", ...lock });
    if (!file) return found;
    const language = LANGUAGES[file.slice(file.lastIndexOf(".") + 1)] ?? "csharp";
    const asked = await versionsAsked(dir, file);
    found.push(
      ...languageDetections(dir, { language, runtime: "dotnet", asked, proof: await dir.at(file), confidence: 0.95 }),
    );
    return found;
  },
  examples: [
    {
      name: "the SDK of global.json comes before the target framework",
      files: {
        "shop.csproj": "<Project>\n<TargetFramework>net8.0</TargetFramework>\n</Project>",
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
        { is: "package-manager", name: "dotnet" },
      ],
    },
    {
      name: "a solution",
      files: { "all.sln": 'Project("{F}") = "a", "src\\a\\a.fsproj", "{1}"\n', "src/a/a.fsproj": "<Project/>" },
      finds: [
        { is: "workspace", tool: "dotnet", members: ["src/a"] },
        { is: "language", dir: "src/a", language: "fsharp" },
      ],
    },
    { name: "no .NET", files: { "app.config": "" }, finds: [] },
  ],
});

async function versionsAsked(dir: DirView, file: string): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const view of upwards(dir)) {
    const version = view.has("global.json") ? word(pick(await view.json("global.json"), "sdk", "version")) : undefined;
    if (version) asked.push({ version, because: await view.at("global.json", version) });
  }
  asked.push(...(await toolVersions(dir, "dotnet")));
  const framework = capture(await dir.text(file), /<TargetFrameworks?>\s*net(?:coreapp)?(\d+\.\d+)/);
  if (framework) asked.push({ version: framework, because: await dir.at(file, `${framework}<`) });
  return asked;
}
