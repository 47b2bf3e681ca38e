import { UserError, type DataOf } from "../sdk/index.ts";
import type { Machine } from "./machine.ts";

type Decided = Pick<Machine, "append" | "catchUp" | "hands" | "views">;

/** Records a person's answer to a question. One that was answered already, or is not there, is a UserError. */
export async function answerApproval(
  machine: Decided,
  id: string,
  answer: "approve" | "reject",
  by: string,
): Promise<DataOf<"approval.answered">> {
  await machine.catchUp();
  for (const repo of machine.views.repos.values()) {
    const approval = repo.approvals.get(id);
    if (!approval) continue;
    if (approval.answer !== undefined)
      throw new UserError(`${id} was answered already: ${approval.answer} by ${approval.by}`, {
        next: approval.answer === "approve" ? `lodestar up ${repo.path}` : "lodestar approvals",
      });
    const data = { approval: id, answer, by };
    await machine.append({ type: "approval.answered", source: "api", repo: repo.repo, data });
    return data;
  }
  throw new UserError(`There is no approval ${id}`, { next: "lodestar approvals" });
}

/** Brings a proposed change into the working tree; refuses over uncommitted edits of the same files. */
export async function applyChange(machine: Decided, id: string, by: string): Promise<{ change: string }> {
  await machine.catchUp();
  for (const state of machine.views.repos.values()) {
    const change = state.changes.get(id);
    if (!change) continue;
    const repo = await machine.hands.repo(state.path);
    const applied = await machine.hands.changes.apply(repo, change.branch);
    if (!applied.ok) throw new UserError(applied.because, { next: applied.next });
    await machine.append({ type: "change.applied", source: "api", repo: state.repo, data: { change: id, by } });
    return { change: id };
  }
  throw new UserError(`There is no change ${id}`, { next: "lodestar changes list" });
}
