import { z } from "zod";
import type { HealthProbe } from "../sdk/index.ts";

/**
 * What the daemon says to the supervisor of a room, one JSON line each. `id` names the request, and the process that
 * it starts. Paths are as seen inside; `dir` is relative to the room's repo.
 */
export type RoomRequest =
  | {
      readonly id: string;
      readonly do: "run";
      readonly command: string;
      readonly dir: string;
      readonly env: Readonly<Record<string, string>>;
      /** Milliseconds; absent for a service, which goes on until it is stopped or its whole tree has ended. */
      readonly timeout?: number;
    }
  | { readonly id: string; readonly do: "stop"; readonly run: string; readonly graceMs: number }
  /** A probe of a port; what a process or its output tells, the daemon knows itself. */
  | { readonly id: string; readonly do: "probe"; readonly probe: HealthProbe & { port?: number; timeout: number } }
  | { readonly id: string; readonly do: "listener"; readonly port: number }
  | { readonly id: string; readonly do: "listening"; readonly run: string }
  | { readonly id: string; readonly do: "exists" | "list"; readonly path: string }
  | { readonly id: string; readonly do: "read"; readonly path: string; readonly limit: number }
  | { readonly id: string; readonly do: "write"; readonly path: string; readonly content: string }
  | { readonly id: string; readonly do: "remove"; readonly paths: readonly string[] }
  | { readonly id: string; readonly do: "undo"; readonly token: string };

const Written = z.union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), because: z.string() })]);

/** What each request is answered with; `run` is answered when its whole tree has ended. */
export const RoomAnswer = {
  run: z.object({
    exit: z.number().int().nullable(),
    signal: z.string().nullable(),
    timedOut: z.boolean(),
    seconds: z.number(),
  }),
  stop: z.null(),
  probe: z.object({ ok: z.boolean(), kind: z.string(), detail: z.string() }),
  listener: z.object({ pid: z.number().int(), command: z.string() }).nullable(),
  listening: z.array(z.number().int()),
  exists: z.boolean(),
  list: z.array(z.string()),
  read: z.string().nullable(),
  write: Written,
  remove: z.union([
    z.object({ ok: z.literal(true), undo: z.string() }),
    z.object({ ok: z.literal(false), because: z.string() }),
  ]),
  undo: z.null(),
} satisfies Record<RoomRequest["do"], z.ZodType>;

/**
 * What the supervisor says. `ready` is the first line; `guarded` tells whether the room's commands are kept from the
 * supervisor's memory and descriptors, so that they cannot speak in its name.
 */
export const RoomMessage = z.discriminatedUnion("is", [
  z.object({ is: z.literal("ready"), guarded: z.boolean() }),
  z.object({ is: z.literal("started"), id: z.string(), pid: z.number().int() }),
  z.object({ is: z.literal("output"), id: z.string(), text: z.string() }),
  z.object({ is: z.literal("answer"), id: z.string(), value: z.unknown() }),
  z.object({ is: z.literal("failed"), id: z.string(), message: z.string() }),
]);
export type RoomMessage = z.infer<typeof RoomMessage>;
