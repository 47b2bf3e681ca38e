import type { DirView } from "../../sdk/index.ts";
import { pick, record, word, words } from "./_shared-manifests.ts";

/** Member folders of a cargo workspace: paths and globs of `members`, without `exclude`, that hold a Cargo.toml. */
export function cargoMembers(dir: DirView, manifest: unknown): string[] {
  const patterns = words(pick(manifest, "workspace", "members"));
  const excluded = words(pick(manifest, "workspace", "exclude"));
  const prefix = dir.dir === "." ? "" : `${dir.dir}/`;
  const matches = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .replace(/^\.\//, "")
          .replace(/[.+^$()[\]{}|]/g, "\\$&")
          .replace(/\*+/g, "[^/]+")}$`,
      ),
  );
  return dir
    .below()
    .filter((path) => path.endsWith("/Cargo.toml"))
    .map((path) => path.slice(0, -"/Cargo.toml".length))
    .filter((path) => matches.some((match) => match.test(path.slice(prefix.length))))
    .filter((path) => !excluded.includes(path.slice(prefix.length)));
}

/** The programs that a package builds, the default one first. */
export function cargoBins(dir: DirView, manifest: unknown): { name: string; file: string }[] {
  const name = word(pick(manifest, "package", "name"));
  if (!name) return [];
  const bins: { name: string; file: string }[] = [];
  const declared = pick(manifest, "bin");
  for (const entry of Array.isArray(declared) ? declared : []) {
    const bin = word(record(entry).name);
    const file =
      word(record(entry).path) ?? (bin && dir.has(`src/bin/${bin}.rs`) ? `src/bin/${bin}.rs` : "src/main.rs");
    if (bin && dir.has(file)) bins.push({ name: bin, file });
  }
  const known = new Set(bins.map(({ file }) => file));
  if (dir.has("src/main.rs") && !known.has("src/main.rs")) bins.push({ name, file: "src/main.rs" });
  for (const file of dir.sub("src/bin").names.filter((file) => file.endsWith(".rs"))) {
    if (!known.has(`src/bin/${file}`)) bins.push({ name: file.slice(0, -3), file: `src/bin/${file}` });
  }
  const first = word(pick(manifest, "package", "default-run"));
  return bins.sort((a, b) => Number(b.name === first) - Number(a.name === first));
}
