import { defineDetector, type DetectionDraft, type DirView } from "../../sdk/index.ts";
import { pick, record, word } from "./_shared-manifests.ts";

const FEATURES: Readonly<Record<string, readonly [language: string, runtime: string]>> = {
  node: ["javascript", "node"],
  "javascript-node": ["javascript", "node"],
  "typescript-node": ["javascript", "node"],
  python: ["python", "python"],
  go: ["go", "go"],
  rust: ["rust", "rust"],
  ruby: ["ruby", "ruby"],
  php: ["php", "php"],
  java: ["java", "java"],
  dotnet: ["csharp", "dotnet"],
};

/** A devcontainer names runtimes (its image, its features), ports and variables: evidence about the folder that holds it. */
export default defineDetector({
  looksAt: ["devcontainer.json", ".devcontainer.json"],
  async detect(dir) {
    const file = dir.names.find((name) => name.endsWith("devcontainer.json")) ?? "";
    const text = (await dir.text(file)) ?? "";
    const home = homeOf(dir);
    const settings = parse(text);
    const found: DetectionDraft[] = [];
    const image = word(pick(settings, "image")) ?? "";
    const [, base = "", tag = ""] = image.match(/([^/:]+)(?::([^@]+))?$/) ?? [];
    const asked = [[base, tag.match(/(\d+(?:\.\d+)*)/)?.[1], image] as const];
    const features = Object.entries(record(pick(settings, "features"))).map(([name, value]) => {
      const short = name.match(/([^/:]+)(?::[^/]*)?$/)?.[1] ?? "";
      return [short, word(pick(value, "version")), name] as const;
    });
    for (const [name, version, needle] of [...asked, ...features]) {
      const known = FEATURES[name];
      if (!known || !version || !/^\d/.test(version)) continue;
      const because = [await dir.at(file, needle)];
      found.push({
        is: "language",
        dir: home.dir,
        because,
        confidence: 0.6,
        language: known[0],
        runtime: { name: known[1], version },
      });
    }
    const ports = pick(settings, "forwardPorts");
    for (const port of Array.isArray(ports) ? ports : []) {
      if (typeof port !== "number" || found.some((one) => one.is === "port")) continue;
      found.push({ is: "port", dir: home.dir, because: [await dir.at(file, String(port))], confidence: 0.5, port });
    }
    for (const name of Object.keys(record(pick(settings, "containerEnv"))))
      found.push({ is: "env", dir: home.dir, because: [await dir.at(file, name)], confidence: 0.6, name });
    return found;
  },
  examples: [
    {
      name: "an image, a feature and a port, with comments",
      files: {
        ".devcontainer/devcontainer.json":
          '{\n  // the base\n  "image": "mcr.microsoft.com/devcontainers/python:3.12",\n  "features": { "ghcr.io/devcontainers/features/node:1": { "version": "20" } },\n  "forwardPorts": [8000],\n}\n',
      },
      finds: [
        { is: "language", dir: ".", language: "python", runtime: { name: "python", version: "3.12" } },
        { is: "language", dir: ".", runtime: { name: "node", version: "20" } },
        { is: "port", port: 8000, because: [".devcontainer/devcontainer.json:5"] },
      ],
    },
    { name: "broken", files: { ".devcontainer.json": "{ not json" }, finds: [] },
  ],
});

/** `.devcontainer/devcontainer.json` and `.devcontainer/x/devcontainer.json` speak for the folder above. */
function homeOf(dir: DirView): DirView {
  const parts = dir.dir.split("/");
  const index = parts.indexOf(".devcontainer");
  return index < 0 ? dir : dir.root.sub(parts.slice(0, index).join("/") || ".");
}

/** JSON with comments and trailing commas; undefined when it is none. */
function parse(text: string): unknown {
  const plain = text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, quoted: string | undefined) => quoted ?? "")
    .replace(/,(\s*[}\]])/g, "$1");
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}
