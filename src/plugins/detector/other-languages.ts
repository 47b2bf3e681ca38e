import { defineDetector } from "../../sdk/index.ts";
import { isPartOf, sure } from "./_shared-manifests.ts";

/** Languages whose projects are recognised and whose commands are not known: language, runtime, the files that show it. */
const LANGUAGES: readonly (readonly [language: string, runtime: string, files: readonly string[]])[] = [
  ["clojure", "java", ["project.clj", "deps.edn", "build.clj"]],
  ["scala", "java", ["build.sbt"]],
  ["haskell", "ghc", ["stack.yaml", "cabal.project", "*.cabal"]],
  ["swift", "swift", ["Package.swift"]],
  ["crystal", "crystal", ["shard.yml"]],
  ["gleam", "gleam", ["gleam.toml"]],
  ["erlang", "erlang", ["rebar.config"]],
  ["cobol", "gnucobol", ["*.cbl", "*.cob"]],
  ["c++", "c++", ["*.cpp", "*.cc", "*.cxx"]],
  ["c", "c", ["*.c"]],
  ["dart", "dart", ["pubspec.yaml"]],
  ["zig", "zig", ["build.zig"]],
  ["julia", "julia", ["Project.toml"]],
  ["r", "r", ["renv.lock", "DESCRIPTION"]],
  ["perl", "perl", ["cpanfile", "Makefile.PL"]],
  ["ocaml", "ocaml", ["dune-project"]],
  ["scheme", "scheme", ["*.scm"]],
];
/** Endings alone prove little: a C file may be a native part of something else. */
const BUILD_FILES = ["CMakeLists.txt", "meson.build", "configure.ac"];

/** Other languages: said as what they are, without a guess about how they start. */
export default defineDetector({
  looksAt: LANGUAGES.flatMap(([, , files]) => files),
  async detect(dir) {
    for (const [language, runtime, files] of LANGUAGES) {
      const file = files.flatMap((pattern) => dir.names.filter((name) => fits(name, pattern)))[0];
      if (!file) continue;
      const ending = !files.includes(file);
      if (ending && dir.dir !== "." && !BUILD_FILES.some((name) => dir.has(name))) return [];
      if (isPartOf(dir, [...files, ...BUILD_FILES])) return [];
      const confidence = ending ? (BUILD_FILES.some((name) => dir.has(name)) ? 0.85 : 0.6) : 0.9;
      return [
        {
          is: "language",
          dir: dir.dir,
          because: [await dir.at(file)],
          confidence: sure(dir, confidence),
          language,
          runtime: { name: runtime },
        },
      ];
    }
    return [];
  },
  examples: [
    { name: "Clojure", files: { "project.clj": "(defproject x)" }, finds: [{ is: "language", language: "clojure" }] },
    {
      name: "C++ with Meson",
      files: { "meson.build": "", "main.cc": "int main() {}\n" },
      finds: [{ is: "language", language: "c++", confidence: 0.85 }],
    },
    { name: "a native part of something else", files: { "native/addon.c": "" }, finds: [] },
  ],
});

function fits(name: string, pattern: string): boolean {
  return pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : name === pattern;
}
