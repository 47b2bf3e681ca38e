import type { DirView } from "../../sdk/index.ts";

/** Gems that a Gemfile names, with their place; `dev` for those of a development or test group. */
export async function rubyGems(dir: DirView): Promise<Map<string, { because: string; dev: boolean }>> {
  const gems = new Map<string, { because: string; dev: boolean }>();
  let depth = 0;
  for (const line of ((await dir.text("Gemfile")) ?? "").split("\n")) {
    if (/^\s*group\b.*\b(development|test)\b.*\bdo\b/.test(line)) depth = 1;
    else if (/^\s*end\b/.test(line)) depth = 0;
    const name = line.match(/^\s*gem\s+["']([\w-]+)["']/)?.[1];
    if (!name || gems.has(name)) continue;
    const dev = depth > 0 || /group:?\s*(=>)?\s*\[?\s*:(development|test)/.test(line);
    gems.set(name, { because: await dir.at("Gemfile", line.trim()), dev });
  }
  return gems;
}
