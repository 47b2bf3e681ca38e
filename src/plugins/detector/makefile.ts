import { defineDetector, type DetectionDraft } from "../../sdk/index.ts";
import { sure } from "./_shared-manifests.ts";

type Target =
  | { readonly role: "start" | "dev"; readonly names: readonly string[] }
  | { readonly kind: "test" | "lint" | "types" | "format"; readonly names: readonly string[] };
const TARGETS: readonly Target[] = [
  { role: "start", names: ["start", "run", "serve", "server"] },
  { role: "dev", names: ["dev", "develop", "watch"] },
  { kind: "test", names: ["test", "tests", "check"] },
  { kind: "lint", names: ["lint"] },
  { kind: "types", names: ["typecheck", "type-check", "types", "mypy"] },
  { kind: "format", names: ["format-check", "fmt-check", "check-format"] },
];

/** Targets of a Makefile by their usual names. A recipe that needs Docker, or does nothing, stays a guess. */
export default defineDetector({
  looksAt: ["Makefile", "makefile", "GNUmakefile"],
  async detect(dir) {
    const file = ["Makefile", "makefile", "GNUmakefile"].find((name) => dir.has(name)) ?? "";
    const text = (await dir.text(file)) ?? "";
    const found: DetectionDraft[] = [];
    for (const target of TARGETS) {
      const name = target.names.find((name) => new RegExp(`^${name}\\s*:(?!=)`, "m").test(text));
      if (!name) continue;
      const recipe = recipeOf(text, name);
      const confidence = sure(dir, recipe === "" || /\bdocker\b|kubectl|\bssh\b/.test(recipe) ? 0.3 : 0.6);
      const at = { dir: dir.dir, because: [await dir.at(file, `${name}:`)], confidence, command: `make ${name}` };
      if ("role" in target) found.push({ is: "command", ...at, role: target.role });
      else found.push({ is: "check", ...at, kind: target.kind, name: `make ${name}` });
    }
    return found;
  },
  examples: [
    {
      name: "run, test and lint",
      files: { Makefile: ".PHONY: run\nrun:\n\tgo run .\ntest: build\n\tgo test ./...\nlint:\n\tdocker run lint\n" },
      finds: [
        { is: "command", role: "start", command: "make run" },
        { is: "check", kind: "test", command: "make test", because: ["Makefile:4"] },
        { is: "check", kind: "lint", confidence: 0.3 },
      ],
    },
    { name: "variables are no targets", files: { Makefile: "test := 1\nall:\n\tcc a.c\n" }, finds: [] },
  ],
});

/** The lines of a target, and what it depends on: something that runs either way. */
function recipeOf(text: string, name: string): string {
  const [, needs = "", lines = ""] =
    text.match(new RegExp(`^${name}\\s*:([^\\n]*)\\n((?:\\t[^\\n]*\\n?|\\s*\\n)*)`, "m")) ?? [];
  return `${needs.trim()}\n${lines}`.trim();
}
