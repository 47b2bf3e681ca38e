import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const SAYS = /Reached heap limit|JavaScript heap out of memory|Ineffective mark-compacts near heap limit/;
/** Sizes in V8's last collections, in MB: `2047.5 (2082.6) -> 2046.9 (2083.1) MB`. */
const SIZES = /\((\d+)(?:\.\d+)?\) -> \d+(?:\.\d+)? \((\d+)(?:\.\d+)?\) MB/g;
/** A larger heap is worth a try only when it is clearly larger, and leaves the machine its breath. */
const LARGER = 1.25;
const SHARE_OF_FREE = 0.75;
const MOST_MB = 8192;

/** Node ran out of heap: it gets a larger one, within the memory that is free. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const says = SAYS.exec(output)?.[0];
    if (says === undefined) return undefined;
    const had = Math.max(0, ...[...output.matchAll(SIZES)].map((match) => Number(match[2])));
    const free = failure.freeMemory;
    const size = free === undefined ? 0 : Math.min(MOST_MB, Math.floor((free * SHARE_OF_FREE) / 64) * 64);
    const fits = size > had * LARGER && size > 0;
    const service = failure.service === undefined ? {} : { service: failure.service };
    return {
      title: fits ? `let Node use ${size} MB` : "Node ran out of memory",
      because: had > 0 ? `${says} at ${had} MB` : says,
      actions: [
        fits
          ? { do: "set-env", name: "NODE_OPTIONS", value: `--max-old-space-size=${size}`, ...service }
          : {
              do: "ask",
              question: `\`${failure.command}\` needs more than ${had > 0 ? `${had} MB` : "its heap"}${free === undefined ? "" : `, and ${free} MB are free`}.`,
              next: "free some memory, or set NODE_OPTIONS=--max-old-space-size=<MB>, then: lodestar up",
            },
      ],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a build that outgrows its heap",
      failure: { phase: "build", freeMemory: 4000 },
      real: {
        files: { "build.js": "const kept = []; while (kept.length < 1_500_000) kept.push([kept.length]);" },
        command: `NODE_OPTIONS=\${NODE_OPTIONS:---max-old-space-size=24} node build.js`,
        cured: { env: { NODE_OPTIONS: "--max-old-space-size=512" } },
      },
      repairs: [{ do: "set-env", name: "NODE_OPTIONS", value: "--max-old-space-size=2944" }],
    },
    {
      name: "no memory is free: a question",
      failure: {
        phase: "build",
        freeMemory: 900,
        output: `[1:0x1] 9 ms: Mark-Compact 2047.5 (2082.6) -> 2046.9 (2083.1) MB, 1.0 / 0.0 ms
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`,
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "free memory was not measured: a question",
      failure: { phase: "build", output: "FATAL ERROR: Reached heap limit Allocation failed" },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: the system killed it",
      failure: { phase: "build", exit: 137, output: "Killed" },
      repairs: undefined,
    },
  ],
});
