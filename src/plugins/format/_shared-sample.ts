import type { CheckRun, Receipt } from "../../sdk/index.ts";

/** A receipt for examples: a proof of one green test run, with what an example changes. */
export function sampleReceipt(more: Partial<Receipt> = {}): Receipt {
  return {
    verdict: "verified",
    sentence: "Verified 3f2a1c9 against 1b2c3d4: 412 tests pass.",
    repo: "shop",
    commit: "3f2a1c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f7",
    tree: "a".repeat(40),
    base: "1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e",
    dirty: false,
    kind: "proof",
    claims: [],
    checks: [sampleCheck()],
    tampering: [],
    notChecked: [],
    environment: {
      digest: "d".repeat(64),
      lodestar: "0.1.0",
      sandbox: "bubblewrap",
      network: "loopback",
      runtimes: { node: "24.0.0" },
      dependencies: "e".repeat(64),
      env: "f".repeat(64),
      databases: [],
    },
    cost: { seconds: 12.5, usd: 0 },
    issuedAt: "2026-03-01T10:00:00.000Z",
    ...more,
  };
}

/** 412 green tests, with what an example changes. */
export function sampleCheck(more: Partial<CheckRun> = {}): CheckRun {
  return {
    name: "test",
    kind: "test",
    command: "npm test",
    cwd: ".",
    environment: "d".repeat(64),
    sandbox: "bubblewrap",
    network: "loopback",
    startedAt: "2026-03-01T09:59:40.000Z",
    seconds: 12.5,
    exit: 0,
    counts: { passed: 412, failed: 0, skipped: 0 },
    verdict: "pass",
    because: "412 tests passed, exit 0.",
    failures: [],
    ...more,
  };
}
