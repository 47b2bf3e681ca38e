import type { ChangedFile, Tampering } from "../sdk/index.ts";
import { byPlace, readChange } from "./tampering-change.ts";
import { findCargoTampering } from "./tampering-cargo.ts";
import { findCiTampering } from "./tampering-ci.ts";
import { findConfigTampering } from "./tampering-config.ts";
import { findHiddenExits, findSuppressions } from "./tampering-exits.ts";
import { findCommandTampering } from "./tampering-scripts.ts";
import { findSnapshots } from "./tampering-snapshots.ts";
import { findTestTampering } from "./tampering-tests.ts";

export { isRunnerConfig, isTestFile } from "./tampering-paths.ts";

/**
 * Changes between base and subject that make a check say less, by file and line. Pure: reads only what it is given, in time
 * near linear in its length. A file without text on a side is judged by its name and status.
 */
export function findTampering(files: readonly ChangedFile[]): Tampering[] {
  const changes = files.map(readChange);
  return [
    ...findTestTampering(changes),
    ...changes.flatMap(findHiddenExits),
    ...findSnapshots(changes),
    ...findConfigTampering(changes),
    ...changes.flatMap(findCargoTampering),
    ...changes.flatMap(findCommandTampering),
    ...findCiTampering(changes),
    ...findSuppressions(changes),
  ].toSorted(byPlace);
}
