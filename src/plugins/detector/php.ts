import { defineDetector } from "../../sdk/index.ts";
import {
  isPartOf,
  pick,
  toolVersions,
  versionFile,
  word,
  type Asked,
  languageDetections,
} from "./_shared-manifests.ts";

/** PHP projects, the version they ask for, and Composer. */
export default defineDetector({
  looksAt: ["composer.json", "index.php", "artisan"],
  async detect(dir) {
    const composer = dir.has("composer.json");
    if (!composer && (isPartOf(dir, ["composer.json"]) || isPartOf(dir, ["index.php"]))) return [];
    const manifest = composer ? await dir.json("composer.json") : undefined;
    const asked: Asked[] = [...(await versionFile(dir, ".php-version", /^php-/)), ...(await toolVersions(dir, "php"))];
    const required = word(pick(manifest, "require", "php"));
    if (required) asked.push({ version: required, because: await dir.at("composer.json", '"php"') });
    const proof = composer ? "composer.json" : dir.has("artisan") ? "artisan" : "index.php";
    const found = languageDetections(dir, {
      language: "php",
      runtime: "php",
      asked,
      proof: await dir.at(proof),
      confidence: composer ? 0.95 : 0.85,
    });
    if (composer)
      found.push({
        is: "package-manager",
        dir: dir.dir,
        because: [await dir.at(dir.has("composer.lock") ? "composer.lock" : "composer.json")],
        confidence: 0.97,
        name: "composer",
        ...(dir.has("composer.lock") && { lockfile: "composer.lock" }),
      });
    return found;
  },
  examples: [
    {
      name: "Composer",
      files: { "composer.json": '{\n "require": {\n  "php": "^8.2"\n }\n}', "composer.lock": "{}" },
      finds: [
        { is: "language", language: "php", runtime: { name: "php", version: "^8.2" }, because: ["composer.json:3"] },
        { is: "package-manager", name: "composer", lockfile: "composer.lock" },
      ],
    },
    { name: "pages without Composer", files: { "index.php": "<?php\n" }, finds: [{ is: "language", language: "php" }] },
    { name: "no PHP", files: { "index.html": "" }, finds: [] },
  ],
});
