import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { isForeign, sure } from "./_shared-manifests.ts";

/** What the Go toolchain itself checks in a module, and golangci-lint where it is configured. */
export default defineDetector({
  looksAt: ["go.mod"],
  async detect(dir) {
    const prefix = dir.dir === "." ? 0 : dir.dir.length + 1;
    const code = dir.below().filter((path) => path.endsWith(".go") && !isForeign(path));
    if (code.length === 0) return [];
    const module = await dir.at("go.mod", "module");
    const check = { is: "check", dir: dir.dir } as const;
    const found: DetectionDraft[] = [
      {
        ...check,
        because: [module],
        confidence: sure(dir, 0.9),
        kind: "build",
        name: "go build",
        command: "go build -o /dev/null ./...",
      },
      {
        ...check,
        because: [module],
        confidence: sure(dir, 0.7),
        kind: "lint",
        name: "go vet",
        command: "go vet ./...",
      },
    ];
    const test = code.find((path) => path.endsWith("_test.go"));
    if (test)
      found.push({
        ...check,
        because: [await dir.at(test.slice(prefix))],
        confidence: sure(dir, 0.95),
        kind: "test",
        name: "go test",
        command: "go test ./...",
      });
    const config = dir.names.find((name) => /^\.golangci\.(ya?ml|toml|json)$/.test(name));
    if (config)
      found.push({
        ...check,
        because: [await dir.at(config)],
        confidence: sure(dir, 0.75),
        kind: "lint",
        name: "golangci-lint",
        command: "golangci-lint run ./...",
      });
    return found;
  },
  examples: [
    {
      name: "a module with tests",
      files: { "go.mod": "module x\n", "a/a.go": "package a\n", "a/a_test.go": "package a\n" },
      finds: [
        { is: "check", kind: "test", command: "go test ./...", because: ["a/a_test.go"] },
        { is: "check", kind: "lint", command: "go vet ./..." },
      ],
    },
    { name: "a module without code", files: { "go.mod": "module x\n" }, finds: [] },
  ],
});
