import assert from "node:assert/strict";
import { test } from "node:test";
import { findTampering } from "./tampering.ts";

const PACKAGE = '[package]\nname = "p"\nversion = "1.0.0"\nedition = "2021"\n';

for (const [name, before, after, loosens] of [
  [
    "tests are no longer found",
    PACKAGE,
    `${PACKAGE}autotests = false\n\n[[test]]\nname = "a"\npath = "tests/a.rs"\n`,
    true,
  ],
  ["the library's tests are left out", PACKAGE, `${PACKAGE}\n[lib]\ntest = false\n`, true],
  [
    "a target without a harness",
    `${PACKAGE}\n[[test]]\nname = "a"\n`,
    `${PACKAGE}\n[[test]]\nname = "a"\nharness = false\n`,
    true,
  ],
  [
    "a target of several is removed",
    `${PACKAGE}autotests = false\n[[test]]\nname = "a"\n[[test]]\nname = "b"\n`,
    `${PACKAGE}autotests = false\n[[test]]\nname = "a"\n`,
    true,
  ],
  [
    "a setting that was there before",
    `${PACKAGE}autotests = false\n`,
    `${PACKAGE}autotests = false\nrust-version = "1.80"\n`,
    false,
  ],
  [
    "a dependency and a version",
    PACKAGE,
    PACKAGE.replace("1.0.0", "1.0.1").concat('[dependencies]\ntest = "1"\n'),
    false,
  ],
  ["benches are left out", PACKAGE, `${PACKAGE}autobenches = false\n`, false],
] as const)
  test(`Cargo.toml: ${name}`, () => {
    const found = findTampering([{ path: "Cargo.toml", status: "modified", before, after }]);
    assert.equal(
      found.some((one) => one.loosens && one.kind === "runner-config"),
      loosens,
      JSON.stringify(found),
    );
  });
