import type { Command } from "commander";
import { z } from "zod";
import type { Client } from "../client/client.ts";
import { UserError } from "../sdk/errors.ts";
import { endDaemon, ensureDaemon, withDaemonOptions, type DataDirOption } from "./_daemon.ts";
import { bytes, duration, pathArgument, printJson, printTable } from "./_terminal.ts";

export const summary = "isolated copies to prove and to work in: `rooms create`, `rooms list`, `rooms remove ID`";

const Room = z.object({
  id: z.string(),
  repo: z.string(),
  commit: z.string(),
  purpose: z.string(),
  path: z.string(),
  createdAt: z.string(),
  bytes: z.number(),
  inUse: z.boolean(),
  work: z.object({ branch: z.string(), ports: z.record(z.string(), z.number()) }).optional(),
});

interface Options extends DataDirOption {
  readonly repo?: string;
  readonly json?: boolean;
  readonly branch?: string;
  readonly force?: boolean;
  readonly trust?: boolean;
  readonly unsandboxed?: boolean;
}

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[action]", "create, list, show or remove", "list")
    .argument("[subject]", "id of the room; for create a git repository (default: this one)")
    .option("--branch <name>", "create: check out this branch instead of the working tree as it is")
    .option("--force", "remove: also with work that the repository does not have")
    .option("--trust", "create: this repository is trusted: run it also where no sandbox works; on record")
    .option("--unsandboxed", "create: run installs without the sandbox")
    .action(async (action: string, subject: string | undefined, options: Options) => {
      // Rooms outlive the daemon that made them, so one is started for the question where none runs.
      const { client, started } = await ensureDaemon(options);
      try {
        if (action === "create") await create(client, subject, options);
        else await answer(client, action, subject, options);
      } finally {
        if (started) await endDaemon(client, "lodestar rooms", true);
      }
    });
}

async function create(client: Client, subject: string | undefined, options: Options): Promise<void> {
  const { createRoom } = await import("./_rooms-create.ts");
  process.exitCode = await createRoom(client, pathArgument(subject ?? options.repo ?? "."), options);
}

async function answer(client: Client, action: string, subject: string | undefined, options: Options): Promise<void> {
  const rooms = z.array(Room).parse(await client.get("rooms", { repo: options.repo }));
  if (action === "list") return list(rooms, options.json === true);
  const room = rooms.find((one) => one.id === subject);
  if (!room || (action !== "show" && action !== "remove"))
    throw new UserError(room ? `rooms has no action ${action}` : `There is no room ${subject ?? ""}`.trimEnd(), {
      next: "lodestar rooms list",
    });
  if (action === "show") return printJson(room);
  await remove(client, room, options);
}

async function remove(client: Client, room: z.infer<typeof Room>, options: Options): Promise<void> {
  await client.remove(`rooms/${room.id}${options.force ? "?force=true" : ""}`);
  if (options.json) printJson({ removed: room.id });
  else console.log(`Removed ${room.id} (${bytes(room.bytes)}).`);
}

function list(rooms: readonly z.infer<typeof Room>[], json: boolean): void {
  if (json) return printJson(rooms);
  if (rooms.length === 0) console.log("There are no rooms. Make one to work in: lodestar rooms create");
  printTable(
    rooms.map((one) => [
      one.id,
      one.commit.slice(0, 7),
      one.work ? `${one.purpose} on ${one.work.branch}` : one.purpose,
      bytes(one.bytes),
      duration((Date.now() - Date.parse(one.createdAt)) / 1000),
      one.inUse ? "in use" : "",
    ]),
  );
}
