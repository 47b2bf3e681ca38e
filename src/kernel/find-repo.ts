import { UserError } from "../sdk/index.ts";
import type { RepoState, Views } from "./views.ts";

/** The repo that a person means by a path, a name or an id; the only one when nothing is said. What is meant by none is a UserError. */
export function findRepo(views: Views, asked: string | undefined): RepoState {
  const all = [...views.repos.values()];
  if (asked === undefined || asked === "") {
    const [only, second] = all;
    if (only && !second) return only;
    if (!only) throw new UserError("No repository is looked after yet", { next: "lodestar up <path>" });
    throw new UserError(`${all.length} repositories are looked after; which one?`, {
      next: `add --repo ${only.name}`,
    });
  }
  const named = all.filter((one) => one.name === asked);
  if (named.length > 1)
    throw new UserError(`${named.length} repositories are called ${asked}; which one?`, {
      next: `add --repo ${named[0]?.path}`,
    });
  const found = all.find((one) => one.repo === asked || one.path === asked) ?? named[0] ?? deepest(all, asked);
  if (!found)
    throw new UserError(`${asked} is not looked after`, {
      tried: `looked among ${all.map((one) => one.name).join(", ") || "no repositories"}`,
      next: `lodestar up ${asked}`,
    });
  return found;
}

/** The innermost known repo that holds an absolute folder. */
export function repoAt(views: Views, folder: string): RepoState | undefined {
  const all = [...views.repos.values()].filter((one) => one.path !== "");
  return all.find((one) => one.path === folder) ?? deepest(all, folder);
}

function deepest(all: readonly RepoState[], path: string): RepoState | undefined {
  return all.filter((one) => path.startsWith(`${one.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
}
