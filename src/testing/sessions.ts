import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { newGuard, type Alarm } from "../kernel/guardrails.ts";
import { SessionStep, StrugglePattern, type StruggleRule } from "../sdk/index.ts";

const FOLDER = new URL("../../examples/sessions/", import.meta.url);

const Head = z.discriminatedUnion("label", [
  z.object({ label: z.literal("honest"), name: z.string(), about: z.string() }),
  z.object({
    label: z.literal("loop"),
    name: z.string(),
    about: z.string(),
    /** Struggles of which one must be seen. */
    expect: z.array(StrugglePattern).min(1),
    /** Step with which the first repetition begins, and the last step of its fifth repeat. */
    begins: z.number().int(),
    stopBy: z.number().int(),
    rounds: z.number().int().min(6),
  }),
]);

export interface ScriptedSession {
  readonly head: z.infer<typeof Head>;
  readonly steps: readonly SessionStep[];
}

/** What a guard said of a session: every alarm with its step, and the first one that stopped it. */
export interface Watched {
  readonly alarms: readonly (Alarm & { readonly step: number })[];
  readonly stop: (Alarm & { readonly step: number }) | undefined;
}

/** The corpus of examples/sessions. */
export function readSessions(): ScriptedSession[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".jsonl"))
    .sort()
    .map((file) => {
      const [head, ...lines] = readFileSync(new URL(file, FOLDER), "utf8").trimEnd().split("\n");
      const steps = lines.map((line) => SessionStep.parse(JSON.parse(line)));
      return { head: Head.parse(JSON.parse(head ?? "")), steps };
    });
}

export function watch(steps: readonly SessionStep[], rules: readonly StruggleRule[]): Watched {
  const guard = newGuard(rules);
  const alarms = steps.flatMap((step, index) => guard.observe(step).map((alarm) => ({ ...alarm, step: index })));
  return { alarms, stop: alarms.find(({ action }) => action === "block" || action === "pause") };
}
