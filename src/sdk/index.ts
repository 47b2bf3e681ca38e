/** lodestar/sdk: the words of Lodestar. Everything a plugin needs. */
export * from "./agent.ts";
export * from "./canonical-json.ts";
export * from "./claim.ts";
export * from "./capabilities.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./evidence.ts";
export * from "./hands.ts";
export * from "./plan.ts";
export * from "./plugin.ts";
export * from "./prove.ts";
export * from "./receipt.ts";
export * from "./snapshots.ts";
export * from "./status.ts";
export * from "./stop-catch.ts";
export * from "./struggle.ts";
export * from "./work-rooms.ts";
