import { Detection, messageOf, type Detector, type DirView, type Loaded } from "../sdk/index.ts";

/** A repo as the host shows it; see `host/repo-view.ts`. */
interface Viewed {
  dir(path: string): DirView;
  readonly dirs: readonly string[];
  readonly problems: readonly { file: string; message: string }[];
}

/** Copies of other people's code: nothing in them is a part of the repo. A folder that only ends in `vendor` may be its own. */
const VENDORED =
  /(^|\/)(node_modules|bower_components|site-packages|\.venv|venv|\.tox|Pods)(\/|$)|(^|\/)(vendor|third[_-]party)\//;

export interface Detected {
  readonly detections: readonly Detection[];
  readonly problems: readonly { file: string; message: string }[];
}

/**
 * Runs every detector on every directory that holds a name it looks at. A detector that throws loses its own findings
 * only, and the plan says so. Order is stable: by directory, then by detector id.
 */
export async function detect(view: Viewed, detectors: readonly Loaded<Detector>[]): Promise<Detected> {
  const detections: Detection[] = [];
  const failures: { file: string; message: string }[] = [];
  const triggers = detectors.map((detector) => ({ detector, matches: matcher(detector.plugin.looksAt) }));
  for (const path of view.dirs) {
    if (VENDORED.test(path)) continue;
    const dir = view.dir(path);
    for (const { detector, matches } of triggers) {
      if (!dir.names.some(matches)) continue;
      try {
        const found = await detector.plugin.detect(dir);
        for (const draft of found) detections.push(Detection.parse(draft));
      } catch (error) {
        failures.push({ file: path, message: `${detector.id} failed here: ${messageOf(error)}` });
      }
    }
  }
  return { detections, problems: [...view.problems, ...failures] };
}

/** Base names, or `*.ext`. */
function matcher(looksAt: readonly string[]): (name: string) => boolean {
  const exact = new Set(looksAt.filter((pattern) => !pattern.includes("*")));
  const endings = looksAt.filter((pattern) => pattern.startsWith("*")).map((pattern) => pattern.slice(1));
  const starts = looksAt.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  return (name) =>
    exact.has(name) ||
    endings.some((ending) => name.endsWith(ending)) ||
    starts.some((start) => name.startsWith(start));
}
