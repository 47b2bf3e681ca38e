import type { DetectionDraft, DirView } from "../../sdk/index.ts";
import { databasesByClient, type Declared } from "./_shared-databases.ts";

/**
 * Databases by the libraries that a manifest names word for word: `text` of a client is what stands in the file. Lines that
 * `dev` matches, and lines that are commented out, do not count as used.
 */
export async function databasesByText(
  dir: DirView,
  file: string,
  options: { clients: readonly (readonly [text: string, engine: string])[]; dev?: RegExp },
): Promise<DetectionDraft[]> {
  const lines = ((await dir.text(file)) ?? "").split("\n").filter((line) => !/^\s*(#|\/\/|--|<!--)/.test(line));
  const declared = new Map<string, Declared>();
  for (const [text] of options.clients) {
    const line = lines.find((candidate) => candidate.includes(text));
    if (line === undefined) continue;
    declared.set(text, { because: await dir.at(file, text), dev: options.dev?.test(line) ?? false });
  }
  return databasesByClient(dir, declared, options.clients);
}
