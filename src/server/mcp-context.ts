import { z } from "zod";
import type { Machine } from "../kernel/machine.ts";
import type { RepoState } from "../kernel/views.ts";
import { isUserError, UserError, type Repo } from "../sdk/index.ts";

/** What one request to `/mcp` stands for. */
export interface McpContext {
  readonly machine: Machine;
  /** The repository that is meant where a tool is given none: a path, a name or an id. */
  readonly repo: string | undefined;
  /** Names the client, as far as it says who it is. */
  readonly session: string;
  /** What can be called off, by client and request. */
  readonly calls: Map<string, AbortController>;
}

/** What a tool answers: a short text to read, and the same as data. */
export interface Answer {
  readonly text: string;
  readonly data: Record<string, unknown>;
}

/** A repository of this machine, with what the daemon knows of it: nothing until it was brought up or proved. */
export interface Meant {
  readonly repo: Repo;
  readonly state: RepoState | undefined;
}

export const RepoName = z
  .string()
  .max(4096)
  .optional()
  .describe("Absolute path, name or id of a git repository; without it, the one that this server was started in.");

/** What one call is known by, so that its own client can call it off. */
export function callOf(session: string, request: string | number): string {
  return JSON.stringify([session, request]);
}

/**
 * The repository that a client means: a name or an id of one that is looked after, or a path, relative to the folder that
 * the client stands for. Without any, that folder; without that, the only one that is looked after. Rejects with UserError.
 */
export async function meantBy({ machine, repo: standing }: McpContext, asked: string | undefined): Promise<Meant> {
  const wanted = asked === undefined || asked === "" ? standing : asked;
  await machine.catchUp();
  const path = wanted === undefined ? undefined : pathOf(wanted, standing);
  const repo = await machine.hands.repo(path ?? (await knownPath({ machine }, wanted)));
  return { repo, state: machine.views.repos.get(repo.id) };
}

async function knownPath({ machine }: Pick<McpContext, "machine">, asked: string | undefined): Promise<string> {
  try {
    return (await machine.find(asked)).path;
  } catch (error) {
    if (!isUserError(error)) throw error;
    const { message, tried } = error;
    throw new UserError(message, {
      ...(tried === undefined ? {} : { tried }),
      next: 'call again with "repo": the absolute path of a git repository',
    });
  }
}

/** Undefined for what is no path but a name or an id. */
function pathOf(asked: string, standing: string | undefined): string | undefined {
  if (/^([/\\]|[A-Za-z]:[\\/])/.test(asked)) return asked;
  const isRelative = /^\.{1,2}(\/|$)/.test(asked);
  return isRelative && standing !== undefined && standing !== asked ? `${standing}/${asked}` : undefined;
}
