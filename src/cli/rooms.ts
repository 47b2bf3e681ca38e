import type { Command } from "commander";
import { z } from "zod";
import { UserError } from "../sdk/errors.ts";
import { needDaemon, withDaemonOptions } from "./_daemon.ts";
import { bytes, duration, printJson, printTable } from "./_terminal.ts";

export const summary = "isolated copies: `rooms list`, `rooms show ID`, `rooms remove ID`";

const Room = z.object({
  id: z.string(),
  repo: z.string(),
  commit: z.string(),
  purpose: z.string(),
  path: z.string(),
  createdAt: z.string(),
  bytes: z.number(),
  inUse: z.boolean(),
});

export function configure(command: Command): void {
  withDaemonOptions(command)
    .argument("[action]", "list, show or remove", "list")
    .argument("[id]", "id of the room")
    .action(
      async (action: string, id: string | undefined, options: { repo?: string; dataDir?: string; json?: boolean }) => {
        const client = await needDaemon(options);
        const rooms = z.array(Room).parse(await client.get("rooms", { repo: options.repo }));
        if (action === "list") return list(rooms, options.json === true);
        const room = rooms.find((one) => one.id === id);
        if (!room || (action !== "show" && action !== "remove"))
          throw new UserError(room ? `rooms has no action ${action}` : `There is no room ${id ?? ""}`.trimEnd(), {
            next: "lodestar rooms list",
          });
        if (action === "show") return printJson(room);
        await client.remove(`rooms/${room.id}`);
        if (options.json) printJson({ removed: room.id });
        else console.log(`Removed ${room.id} (${bytes(room.bytes)}).`);
      },
    );
}

function list(rooms: readonly z.infer<typeof Room>[], json: boolean): void {
  if (json) return printJson(rooms);
  if (rooms.length === 0) console.log("There are no rooms. One is made when something is proved.");
  printTable(
    rooms.map((one) => [
      one.id,
      one.commit.slice(0, 7),
      one.purpose,
      bytes(one.bytes),
      duration((Date.now() - Date.parse(one.createdAt)) / 1000),
      one.inUse ? "in use" : "",
    ]),
  );
}
