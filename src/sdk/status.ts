import { z } from "zod";
import { Plan } from "./plan.ts";
import { Verdict } from "./receipt.ts";

/** The six states, each with one shape everywhere: ✦ working · ◆ needs you · ○ waiting · ◌ idle · ✕ failed · ‖ paused. */
export const State = z.enum(["working", "needs-you", "waiting", "idle", "failed", "paused"]);
export type State = z.infer<typeof State>;

/** Why nothing is being done: a closed set. Causes that need a later capability are added with it. */
export const WhyIdle = z.discriminatedUnion("cause", [
  z.object({ cause: z.literal("nothing_new"), until: z.string().optional() }),
  z.object({ cause: z.literal("waiting_approval"), what: z.string(), approval: z.string(), next: z.string() }),
  z.object({ cause: z.literal("dependency_down"), service: z.string(), detail: z.string() }),
  z.object({ cause: z.literal("paused"), by: z.string(), when: z.string() }),
  z.object({ cause: z.literal("failed_needs_you"), detail: z.string(), next: z.string() }),
  z.object({ cause: z.literal("starting"), step: z.string() }),
  z.object({ cause: z.literal("no_repo") }),
]);
export type WhyIdle = z.infer<typeof WhyIdle>;

/** The now-line and what stands around it: state, verb and object, why, since when, what ends it, what to type. */
export const NowLine = z.object({
  state: State,
  sentence: z.string(),
  why: z.string(),
  since: z.string(),
  usuallySeconds: z.number().optional(),
  next: z.string(),
  action: z.string().optional(),
  idle: WhyIdle.optional(),
});
export type NowLine = z.infer<typeof NowLine>;

/**
 * What a fixer may ask for. Closed, bounded and undoable: the machine carries it out and can take it back.
 * `write`, `edit` of a tracked file never touch the working tree: they become a proposed change (`changes`).
 */
export const Action = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("set-env"),
    name: z.string(),
    value: z.string().optional(),
    generate: z.boolean().optional(),
    service: z.string().optional(),
  }),
  z.object({ do: z.literal("use-port"), service: z.string() }),
  z.object({ do: z.literal("use-runtime"), name: z.string(), version: z.string() }),
  z.object({
    do: z.literal("use-command"),
    service: z.string().optional(),
    dir: z.string(),
    role: z.enum(["install", "build", "start", "test"]),
    command: z.string(),
  }),
  z.object({ do: z.literal("run"), command: z.string(), dir: z.string(), network: z.enum(["none", "registries"]) }),
  z.object({ do: z.literal("install"), dir: z.string(), flags: z.array(z.string()), fresh: z.boolean() }),
  z.object({ do: z.literal("remove"), dir: z.string(), paths: z.array(z.string()) }),
  z.object({ do: z.literal("write"), path: z.string(), content: z.string() }),
  z.object({ do: z.literal("edit"), path: z.string(), find: z.string(), replace: z.string() }),
  z.object({ do: z.literal("start-database"), engine: z.string(), env: z.string().optional() }),
  z.object({ do: z.literal("migrate"), dir: z.string() }),
  z.object({ do: z.literal("ask"), question: z.string(), next: z.string() }),
]);
export type Action = z.infer<typeof Action>;

const ServiceReport = z.object({
  name: z.string(),
  dir: z.string(),
  url: z.string().nullable(),
  port: z.number().int().nullable(),
  pid: z.number().int().nullable(),
  health: z.object({ ok: z.boolean(), kind: z.string(), detail: z.string() }),
  seconds: z.number(),
});

/** How `up` ends; `--json` prints exactly this. `detail` of a question carries the next command. */
export const Report = z.object({
  state: z.enum(["healthy", "healthy-with-limits", "needs-you", "cannot"]),
  repo: z.string(),
  commit: z.string(),
  plan: Plan,
  services: z.array(ServiceReport),
  databases: z.array(
    z.object({ name: z.string(), engine: z.string(), ok: z.boolean(), how: z.string(), detail: z.string() }),
  ),
  checks: z.array(
    z.object({
      name: z.string(),
      command: z.string(),
      verdict: Verdict,
      passed: z.number(),
      failed: z.number(),
      skipped: z.number(),
      seconds: z.number(),
    }),
  ),
  fixes: z.array(z.object({ fixer: z.string(), title: z.string(), failure: z.string(), worked: z.boolean() })),
  questions: z.array(z.object({ question: z.string(), next: z.string() })),
  receipt: z.string().nullable(),
  seconds: z.object({
    total: z.number(),
    detect: z.number(),
    install: z.number(),
    start: z.number(),
    checks: z.number(),
  }),
  sandbox: z.enum(["bubblewrap", "unsandboxed"]),
  notChecked: z.array(z.string()),
});
export type Report = z.infer<typeof Report>;
