import type { DataOf } from "../sdk/index.ts";
import type { Machine } from "./machine.ts";

/** What a supervised run tells: that its session begins or ends, and what became of a "done". */
export type RunDraft =
  | { readonly type: "agent.session"; readonly data: DataOf<"agent.session"> }
  | { readonly type: "agent.stop"; readonly data: DataOf<"agent.stop"> };

/** Puts it on record for the repo at `path`, which a first run makes known. UserError when there is no repo. */
export async function recordOfRun(machine: Machine, path: string, draft: RunDraft): Promise<void> {
  const repo = await machine.hands.repo(path);
  await machine.catchUp();
  if (!machine.views.repos.has(repo.id))
    await machine.append({
      type: "repo.added",
      source: "api",
      repo: repo.id,
      data: { path: repo.root, name: repo.name },
      key: `${repo.id}/added`,
    });
  await machine.append({ ...draft, source: "run", repo: repo.id });
}
