import { defineDetector } from "../../sdk/index.ts";
import { capture, isPartOf, toolVersions, versionFile, type Asked, languageDetections } from "./_shared-manifests.ts";

/** Go modules, the Go version they ask for, and workspaces of several modules. */
export default defineDetector({
  looksAt: ["go.mod", "go.work", "main.go"],
  async detect(dir) {
    const module = await dir.text("go.mod");
    const work = await dir.text("go.work");
    if (module === undefined && work === undefined && isPartOf(dir, ["go.mod", "go.work"])) return [];
    const asked: Asked[] = [
      ...(await versionFile(dir, ".go-version", /^go/)),
      ...(await toolVersions(dir, "golang")),
      ...(await toolVersions(dir, "go")),
    ];
    const file = module === undefined ? "go.work" : "go.mod";
    const version = capture(module ?? work, /^go\s+(\d\S*)/m);
    if (version) asked.push({ version, because: await dir.at(file, `go ${version}`) });
    const proof = module !== undefined ? "go.mod" : work !== undefined ? "go.work" : "main.go";
    const found = languageDetections(dir, {
      language: "go",
      runtime: "go",
      asked,
      proof: await dir.at(proof),
      confidence: 0.95,
    });
    if (module !== undefined)
      found.push({
        is: "package-manager",
        dir: dir.dir,
        because: [await dir.at("go.mod")],
        confidence: 0.97,
        name: "go",
        ...(dir.has("go.sum") && { lockfile: "go.sum" }),
      });
    const members = [...(work ?? "").matchAll(/^\s*(?:use\s+)?(\.[^\s()]*)\s*$/gm)].map((match) => match[1] ?? ".");
    if (work !== undefined)
      found.push({
        is: "workspace",
        dir: dir.dir,
        because: [await dir.at("go.work", "use")],
        confidence: 0.97,
        tool: "go",
        members: members.filter((path) => dir.sub(path).has("go.mod")).map((path) => dir.sub(path).dir),
      });
    return found;
  },
  examples: [
    {
      name: "a module",
      files: { "go.mod": "module x\n\ngo 1.22\n", "go.sum": "" },
      finds: [
        { is: "language", language: "go", runtime: { name: "go", version: "1.22" }, because: ["go.mod:3"] },
        { is: "package-manager", name: "go", lockfile: "go.sum" },
      ],
    },
    {
      name: "a workspace",
      files: {
        "go.work": "go 1.23\n\nuse (\n\t./api\n\t./shared\n)\n",
        "api/go.mod": "module api\n",
        "shared/go.mod": "",
      },
      finds: [{ is: "workspace", tool: "go", members: ["api", "shared"] }],
    },
    { name: "a single file without a module", files: { "main.go": "package main\n" }, finds: [{ is: "language" }] },
    { name: "no Go", files: { "go.md": "go 1.2\n" }, finds: [] },
  ],
});
