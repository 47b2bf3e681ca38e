import { userInfo } from "node:os";
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { OutsideError, UserError } from "../sdk/errors.ts";
import type { MadeRoom } from "../sdk/index.ts";
import { ensureDaemon, type DataDirOption } from "./_daemon.ts";
import { duration, printJson, printTable } from "./_terminal.ts";
import { createUpView } from "./_up-view.ts";

export interface CreateOptions extends DataDirOption {
  readonly branch?: string;
  readonly trust?: boolean;
  readonly unsandboxed?: boolean;
  readonly json?: boolean;
}

const Begun = z.object({ repo: z.string(), run: z.string(), after: z.number(), epoch: z.string() });
type Begun = z.infer<typeof Begun>;

/** Makes a room of the repo at `path` and prints it. Gives the exit status. */
export async function createRoom(client: Client, path: string, options: CreateOptions): Promise<number> {
  const begun = Begun.parse(
    await client.post("rooms", {
      path,
      ...(options.branch === undefined ? {} : { branch: options.branch }),
      trust: options.trust === true,
      unsandboxed: options.unsandboxed === true,
      by: userInfo().username,
    }),
  );
  const room = await follow(client, begun, options);
  if (!room) return 4;
  if (options.json) printJson(room);
  else print(room);
  return 0;
}

/** Shows the run until it ends. Ctrl-C ends it and nothing else. */
async function follow(client: Client, begun: Begun, options: CreateOptions): Promise<MadeRoom | undefined> {
  const view = createUpView({ live: process.stdout.isTTY && !options.json });
  const ended = new AbortController();
  const stop = () => {
    view.rest();
    void client.post(`runs/${begun.run}/cancel`, {}).finally(() => ended.abort());
  };
  process.once("SIGINT", stop);
  const revive = async () => void (await ensureDaemon(options));
  let failure: Error | undefined;
  try {
    const from = { after: begun.after, epoch: begun.epoch, repo: begun.repo, signal: ended.signal, revive };
    for await (const event of client.follow(from)) {
      if (event === "reset" || event.metadata.runId !== begun.run) continue;
      if (event.type === "stop_reason") {
        const { detail, next } = event.data;
        failure = next === undefined ? new OutsideError(detail, { retryable: true }) : new UserError(detail, { next });
      } else if (!options.json) view.show(event);
      if (event.type !== "run.ended") continue;
      if (event.data.room) return event.data.room;
      if (event.data.state === "stopped") break;
      throw failure ?? new OutsideError("The room ended without a result", { retryable: true });
    }
  } finally {
    view.rest();
    process.off("SIGINT", stop);
  }
  if (!options.json) console.log("It was stopped; there is no room. Next: lodestar rooms create");
  return undefined;
}

function print(room: MadeRoom): void {
  const ports = Object.entries(room.ports).map(([name, port]) => `${name} ${port}`);
  console.log(`Room ${room.room} is ready (${duration(room.seconds)}).`);
  printTable([
    ["path", room.path],
    ["branch", `${room.branch} at ${room.commit.slice(0, 7)}`],
    ["ports", ports.join(", ") || "none: the plan has no service with a port"],
    ["env", room.env.join(", ") || "no file written"],
    ...room.databases.map((one) => ["database", one]),
  ]);
  for (const limit of room.limits) console.log(`◆ ${limit}`);
  console.log(`Bring work back: ${room.push}`);
  console.log(`Next: cd ${room.path}`);
}
