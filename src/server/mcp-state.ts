import type { Status } from "../kernel/machine.ts";
import type { Answer, McpContext, Meant } from "./mcp-context.ts";

/** Rooms in one answer; what is more is counted. */
const MOST_ROOMS = 50;

/** The now-line. A repository for which nothing was asked yet has one too. */
export async function statusFor({ machine }: McpContext, { repo, state }: Meant): Promise<Answer> {
  const [line] = state ? await machine.status(repo.id) : [];
  return line ? shown(line, []) : unknownYet(repo);
}

/** The now-line and the facts behind it. */
export async function whyFor({ machine }: McpContext, { repo, state }: Meant): Promise<Answer> {
  if (!state) return unknownYet(repo);
  const { now, reasons } = await machine.why(repo.id);
  return shown({ repo: repo.id, name: repo.name, path: repo.root, now }, reasons);
}

function shown({ repo, name, path, now }: Status, reasons: readonly string[]): Answer {
  const { state, sentence, why, since, next } = now;
  const lines = [`${name}: ${sentence} ${why}`, `since ${since}; next: ${next}`, ...reasons.map((one) => `- ${one}`)];
  return { text: lines.join("\n"), data: { repo, name, path, state, sentence, why, since, next, reasons } };
}

/** A repository of this machine for which nothing was ever asked. */
function unknownYet({ id, name, root }: Meant["repo"]): Answer {
  const sentence = `${name} is not looked after yet.`;
  const why = "Nothing was started or proved for it.";
  const next = `the tool prove, or lodestar up ${root}`;
  const data = { repo: id, name, path: root, state: "idle", sentence, why, next, reasons: [] };
  return { text: `${sentence} ${why}\nnext: ${next}`, data };
}

/** The isolated copies that there are now. */
export async function roomsFor({ machine }: McpContext, { repo }: Meant): Promise<Answer> {
  const all = (await machine.hands.rooms.list()).filter((room) => room.repo === repo.id);
  const rooms = all.slice(0, MOST_ROOMS).map(({ id, commit, purpose, path, createdAt, bytes, inUse }) => {
    return { id, commit, purpose, path, createdAt, bytes, inUse };
  });
  const lines = rooms.map((one) => `${one.id} ${one.commit.slice(0, 7)} ${one.purpose}${one.inUse ? ", in use" : ""}`);
  const text = [`${repo.name} has ${all.length === 1 ? "1 room" : `${all.length} rooms`}.`, ...lines].join("\n");
  return { text, data: { repo: repo.id, rooms, left: all.length - rooms.length } };
}
