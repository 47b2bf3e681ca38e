import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { pick, toolVersions, words } from "./_shared-manifests.ts";

/** uv: its lockfile or its settings; and the workspace whose members share one lockfile. */
export default defineDetector({
  looksAt: ["uv.lock", "pyproject.toml"],
  async detect(dir) {
    const settings = dir.has("pyproject.toml") ? pick(await dir.toml("pyproject.toml"), "tool", "uv") : undefined;
    const locked = dir.has("uv.lock");
    if (!locked && settings === undefined) return [];
    const version = (await toolVersions(dir, "uv"))[0]?.version;
    const found: DetectionDraft[] = [
      {
        is: "package-manager",
        dir: dir.dir,
        because: [locked ? await dir.at("uv.lock") : await dir.at("pyproject.toml", "[tool.uv")],
        confidence: locked ? 0.97 : 0.8,
        name: "uv",
        ...(version && { version }),
        ...(locked && { lockfile: "uv.lock" }),
      },
    ];
    const patterns = words(pick(settings, "workspace", "members"));
    if (patterns.length > 0)
      found.push({
        is: "workspace",
        dir: dir.dir,
        because: [await dir.at("pyproject.toml", "[tool.uv.workspace]")],
        confidence: 0.95,
        tool: "uv",
        members: membersOf(dir.below(), dir.dir, patterns),
      });
    return found;
  },
  examples: [
    {
      name: "a workspace",
      files: {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        "uv.lock": "",
        "packages/a/pyproject.toml": "",
      },
      finds: [
        { is: "package-manager", name: "uv", lockfile: "uv.lock" },
        { is: "workspace", tool: "uv", members: ["packages/a"] },
      ],
    },
    { name: "another manager's project", files: { "pyproject.toml": "[tool.poetry]\n" }, finds: [] },
  ],
});

/** Folders below `dir` that hold a pyproject.toml and match one of the patterns (`libs/core`, `packages/*`). */
function membersOf(paths: readonly string[], dir: string, patterns: readonly string[]): string[] {
  const prefix = dir === "." ? "" : `${dir}/`;
  const matches = patterns.map(
    (pattern) => new RegExp(`^${pattern.replace(/[.+^$()[\]{}|]/g, "\\$&").replace(/\*+/g, "[^/]+")}$`),
  );
  return paths
    .filter((path) => path.endsWith("/pyproject.toml"))
    .map((path) => path.slice(0, -"/pyproject.toml".length))
    .filter((path) => matches.some((match) => match.test(path.slice(prefix.length))));
}
