import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf, UserError } from "../sdk/errors.ts";
import { SessionStep } from "../sdk/struggle.ts";

const Event = z.object({ type: z.string(), data: z.unknown() });
/** What a scripted session begins with. */
const Head = z.object({ label: z.string(), kind: z.undefined().optional() });

/**
 * The steps of a session's file: one step a line, or what `lodestar events --follow --json` prints, of which only `agent.step`
 * counts. A line that is neither is a UserError with its number.
 */
export async function readSession(file: string): Promise<SessionStep[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, { next: "lodestar struggles test FILE.jsonl" });
  }
  const steps: SessionStep[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = parseJson(line);
    const event = Event.safeParse(value);
    const parsed = SessionStep.safeParse(event.success ? event.data.data : value);
    if (parsed.success && (!event.success || event.data.type === "agent.step")) steps.push(parsed.data);
    else if (!(event.success && event.data.type !== "agent.step") && !(index === 0 && Head.safeParse(value).success))
      throw new UserError(`Line ${index + 1} of ${file} is no step of a session`, {
        tried: "a step, or an event as lodestar events --follow --json prints it",
        next: "lodestar events --follow --json > session.jsonl",
      });
  }
  return steps;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
