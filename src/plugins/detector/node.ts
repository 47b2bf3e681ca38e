import { defineDetector, type DirView } from "../../sdk/index.ts";
import { managerOf, readManifest, type Manifest } from "./_shared-javascript.ts";
import { firstWords, pick, toolVersions, upwards, word, type Asked } from "./_shared-manifests.ts";

/** JavaScript on Node: a package.json, and the version of Node that it, a version file, Volta, asdf or mise asks for. */
export default defineDetector({
  looksAt: ["package.json"],
  async detect(dir) {
    const manifest = await readManifest(dir);
    if (!manifest) return [];
    const asked = await askedVersions(dir, manifest);
    if (asked.length === 0 && (await managerOf(dir)) === "bun") return [];
    const base = { is: "language", dir: dir.dir, language: "javascript" } as const;
    return [
      { ...base, runtime: { name: "node" }, because: [await dir.at("package.json")], confidence: 0.9 },
      ...asked.map(({ version, because, confidence }) => ({
        ...base,
        runtime: { name: "node", version },
        because: [because],
        confidence,
      })),
    ];
  },
  examples: [
    {
      name: "engines and a version file",
      files: { "package.json": '{ "engines": {\n"node": ">=20"\n} }', ".nvmrc": "v22.4.0\n" },
      finds: [
        {
          is: "language",
          language: "javascript",
          runtime: { name: "node", version: ">=20" },
          because: ["package.json:2"],
        },
        { is: "language", runtime: { name: "node", version: "22.4.0" }, because: [".nvmrc:1"] },
      ],
    },
    {
      name: "a version file above, a release line by name",
      files: { "api/package.json": "{}", ".node-version": "lts/jod\n" },
      finds: [
        { is: "language", dir: "api", runtime: { name: "node", version: "lts/jod" }, because: [".node-version:1"] },
      ],
    },
    {
      name: "volta and asdf",
      files: { "package.json": '{ "volta": { "node": "20.1.0" } }', ".tool-versions": "ruby 3.3\nnodejs 20.2.0\n" },
      finds: [{ runtime: { name: "node", version: "20.1.0" } }, { runtime: { name: "node", version: "20.2.0" } }],
    },
    { name: "bun without a word about Node", files: { "package.json": "{}", "bun.lock": "" }, finds: [] },
    { name: "a version file without code", files: { ".nvmrc": "20" }, finds: [] },
    {
      name: "any version is no version asked for, and no JSON is no package",
      files: { "package.json": "[]" },
      finds: [],
    },
  ],
});

type Sure = Asked & { readonly confidence: number };

/** Every version asked for; the plan decides between them. `*` and `latest` ask for none. */
async function askedVersions(dir: DirView, manifest: Manifest): Promise<Sure[]> {
  const found: Sure[] = [];
  const fields = [
    { path: ["engines", "node"], confidence: 0.95 },
    { path: ["volta", "node"], confidence: 0.94 },
    { path: ["devEngines", "runtime", "version"], confidence: 0.93 },
  ];
  for (const { path, confidence } of fields) {
    const version = word(pick(manifest.raw, ...path));
    if (!version || /^(\*|x|latest|node)$/.test(version)) continue;
    const key = path.at(-1) === "version" ? "devEngines" : "node";
    found.push({ version, because: await dir.at("package.json", `"${key}": "${version}"`), confidence });
  }
  for (const file of [".nvmrc", ".node-version"]) found.push(...(await versionIn(dir, file)));
  for (const tool of ["node", "nodejs"])
    found.push(...(await toolVersions(dir, tool)).map((asked) => ({ ...asked, confidence: 0.92 })));
  return found;
}

/** The nearest version file, here or above. */
async function versionIn(dir: DirView, file: string): Promise<Sure[]> {
  for (const view of upwards(dir)) {
    const line = firstWords(await view.text(file));
    const version = line?.replace(/^v(?=\d)/, "");
    if (version && /^(\d|lts\/)/.test(version))
      return [{ version, because: await view.at(file, line), confidence: 0.95 }];
  }
  return [];
}
