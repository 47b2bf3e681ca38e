import { createInterface } from "node:readline/promises";
import { userInfo } from "node:os";
import type { Client } from "../client/client.ts";
import type { DataOf } from "../sdk/events.ts";

/** Ctrl-C once stops, `d` detaches; without a terminal only the signals count. */
export function watchKeys(options: { interactive: boolean; stop: () => void; detach: () => void }): { close(): void } {
  const { stop, detach } = options;
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const onData = (chunk: Buffer) => {
    const text = chunk.toString();
    if (text === "\u0003") stop();
    else if (text === "d") detach();
  };
  if (options.interactive) {
    process.stdin.setRawMode(true).resume();
    process.stdin.on("data", onData);
  }
  return {
    close: () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      if (!options.interactive) return;
      process.stdin.off("data", onData);
      process.stdin.setRawMode(false).pause();
    },
  };
}

/** Shows the exact commands and the risk, and sends the answer. Anything but `yes` is a no. */
export async function answerOnTerminal(
  client: Client,
  asked: DataOf<"approval.asked">,
  interactive: boolean,
): Promise<void> {
  if (!interactive) return;
  console.log(`◆ ${asked.question}\n  risk: ${asked.risk}`);
  for (const line of asked.commands) console.log(`    ${line}`);
  process.stdin.setRawMode(false);
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const answer = (await reader.question("  type yes to allow it: ")).trim().toLowerCase();
  reader.close();
  process.stdin.setRawMode(true).resume();
  await client.post(answer === "yes" ? "approve" : "reject", { approval: asked.approval, by: userInfo().username });
}
