import { z } from "zod";

/**
 * What became of one "done" of a coding agent. `completed`: the agent says so. `verified`: running it says so. `errorType`
 * begins with `api_timeout`, `dependency_error` and `syntax_error` and is open; null where nothing is wrong or nothing could
 * be told. `escalationPath`: sent back with the evidence, resumed by the supervisor, or handed to a person.
 */
export const StopCatch = z.object({
  taskId: z.string(),
  completed: z.boolean(),
  verified: z.boolean(),
  errorType: z.string().nullable(),
  escalationPath: z.enum(["claude_realtime", "auto_retry", "pause_and_notify"]).nullable(),
  addToStruggleSettings: z.boolean(),
  session: z.string(),
  agent: z.string(),
  verdict: z.enum(["verified", "refuted", "unprovable"]).nullable(),
  sentence: z.string(),
  receipt: z.string().nullable(),
  /** How often this session was sent back since a person last spoke, this time included. */
  returns: z.number().int(),
});
export type StopCatch = z.infer<typeof StopCatch>;
