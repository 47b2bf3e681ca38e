import type { Detection, Disagreement, Toolchain } from "../sdk/index.ts";
import { depth, disagreement, nearest, only, places, type Found } from "./plan-source.ts";
import { satisfies } from "./version-range.ts";

type Language = Found<"language">;

/** Supersets: where both are found in one directory, the code is written in the first. */
const INCLUDES: Readonly<Record<string, string>> = { typescript: "javascript", kotlin: "java" };

/** Files that pin one exact version for developers; the manifests' ranges (`engines`, `requires-python`) bound it. */
const RANGE_FILE =
  /(^|\/)(package\.json|pyproject\.toml|setup\.(py|cfg)|go\.mod|Cargo\.toml|composer\.json|mix\.exs)(:|#|$)/;

const EXACT = /^v?\d+\.\d+\.\d+$/;

/**
 * One toolchain per directory and runtime. A version file wins while it fits the manifest's range; where it does not, the range
 * wins, because it is what the code says it needs. A directory without a version of its own inherits the nearest above.
 */
export function planToolchains(detections: readonly Detection[]): {
  toolchains: Toolchain[];
  disagreements: Disagreement[];
} {
  const groups = new Map<string, Language[]>();
  for (const found of only(detections, "language")) {
    const key = `${found.dir}\0${found.runtime?.name ?? found.language}`;
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  const disagreements: Disagreement[] = [];
  const toolchains: Toolchain[] = [];
  for (const group of [...groups.values()].toSorted((a, b) => depth(first(a).dir) - depth(first(b).dir))) {
    const { version, conflict } = chooseVersion(group);
    if (conflict) disagreements.push(conflict);
    const { dir, runtime, language } = first(group);
    const name = runtime?.name ?? language;
    const above = nearest(
      toolchains.filter((toolchain) => toolchain.runtime === name && toolchain.version),
      dir,
    );
    const asked = version ?? above?.version;
    toolchains.push({
      dir,
      language: languageOf(group),
      runtime: name,
      ...(asked === undefined ? {} : { version: asked }),
      because: places(group),
      confidence: Math.max(...group.map((found) => found.confidence)),
    });
  }
  return { toolchains, disagreements };
}

function languageOf(group: readonly Language[]): string {
  const names = group.toSorted((a, b) => b.confidence - a.confidence).map((found) => found.language);
  const wider = names.find((name) => names.includes(INCLUDES[name] ?? ""));
  return wider ?? names[0] ?? "";
}

function chooseVersion(group: readonly Language[]): { version?: string; conflict?: Disagreement | undefined } {
  const asking = group
    .filter((found) => found.runtime?.version !== undefined)
    .toSorted((a, b) => b.confidence - a.confidence);
  const declared = asking.filter((found) => RANGE_FILE.test(found.because[0] ?? ""));
  const span = declared.some((found) => !EXACT.test(versionOf(found)));
  // An exact version beside a range (Volta's, in package.json) pins like a version file.
  const ranges = declared.filter((found) => !span || !EXACT.test(versionOf(found)));
  const pins = asking.filter((found) => !ranges.includes(found));
  const pin = pins[0];
  const range = ranges[0];
  const fits = pin && range ? satisfies(newest(versionOf(pin)), versionOf(range)) : true;
  const chosen = pin && fits !== false ? pin : (range ?? pin);
  if (!chosen) return {};
  const rest = chosen === pin ? pins : [...pins, ...ranges];
  const conflict = disagreement(chosen, rest, {
    what: `${chosen.runtime?.name ?? chosen.language} version`,
    dir: chosen.dir,
    value: versionOf,
    why:
      chosen === pin
        ? "the version file is what its developers use"
        : "the pinned version is outside the range that the manifest declares, and the manifest is what the code needs",
  });
  return { version: versionOf(chosen), conflict };
}

/** A partial pin stands for the newest release that begins with it: `20` fits `>=20.9`. */
function newest(version: string): string {
  const parts = /^v?(\d+)(?:\.(\d+))?$/.exec(version);
  return parts ? `${parts[1]}.${parts[2] ?? 9_999}.9999` : version;
}

function versionOf(found: Language): string {
  return found.runtime?.version ?? "";
}

function first(group: readonly Language[]): Language {
  const [found] = group;
  if (!found) throw new RangeError("an empty group");
  return found;
}
