/** What `Claim.dependency` holds. */
export interface Dependency {
  readonly name: string;
  readonly version?: string;
}

const NAME = "`?(@?[A-Za-z][\\w.-]*(?:[/:][\\w.@-]+)*)`?";
const VERSION = "`?[\\^~=]?(v?\\d[\\w.+-]*)`?";
const VERB =
  "(?:bump(?:ed|s)?|upgrade[sd]?|downgrade[sd]?|updat(?:ed|es|e)|pin(?:ned|s)?|migrated?|move[sd]?|switched|update[sd]?)";
const KIND =
  "(?:the )?(?:(?:npm|pip|cargo|dev|direct|transitive|python|node|rust|go|ruby) )?(?:(?:dependency|package|module|crate|gem|library|action|dep)(?: on)? )?";
const CHANGED = new RegExp(
  `^(?:(?:i|we|i've|we've|also|this|pr|commit|have|has|and|then) )*${VERB} ${KIND}${NAME}(?: (?:dependency|package|version))?(?: from ${VERSION})?(?: to (?:version |release )?| at |@| +-> ?| → )${VERSION}(?=[\\s,.;:)]|$)`,
  "i",
);
const PASSIVE = new RegExp(
  `^${KIND}${NAME} (?:(?:is|was|has been|is now|now|were|got) )*(?:bumped|upgraded|updated|downgraded|pinned)(?: from ${VERSION})? (?:to|at) (?:version )?${VERSION}(?=[\\s,.;:)]|$)`,
  "i",
);
const JOINED = new RegExp(`^${VERB} ${KIND}\`?(@?[A-Za-z][\\w.-]*(?:/[\\w.-]+)*)@${VERSION}`, "i");
const TOWARDS = new RegExp(`^(?:upgrade|update|migrate|bump)[sd]? to ${NAME} ${VERSION}(?=[\\s,.;:)]|$)`, "i");
const LOOSE = new RegExp(`^${VERB} ${KIND}${NAME}(?: (?:and|from|in|across)\\b.*)?$`, "i");
/** Things that have numbers and are no packages; `version` is the project's own. */
const OTHER =
  /^(?:a|an|the|all|our|it|this|version|timeouts?|limits?|retr(?:y|ies)|ports?|threshold|max\w*|min\w*|size|coverage|count|number|delay|interval|deps?|dependenc(?:y|ies)|packages?|tests?|docs?|readme|copyright|year|default|value|level|memory|concurrency|batch|cache|schema|release|project|app|lockfile|lock|group|npm)$/i;

/**
 * The package and version of "Bump x from 1 to 2", "upgraded React to v19", "lodash was updated to 4.17.21". A plain number is
 * a version only after "upgraded", "from 1 to 2", or with `deps` (the commit's type says dependencies): "bumped retries to 5" is none.
 * Names are lower case as registries hold them, unless they are paths or coordinates.
 */
export function dependencyOf(text: string, { deps }: { deps: boolean }): Dependency | undefined {
  const found = CHANGED.exec(text) ?? PASSIVE.exec(text);
  if (found) {
    const [whole, name = "", from, to = ""] = found;
    const sure = deps || from !== undefined || /upgraded?s?\b|dependency|package/i.test(whole) || /^v|\d\.\d/i.test(to);
    return sure && !OTHER.test(name) && !/\.\w{1,4}$/.test(name.replace(/\.js$/, "")) ? named(name, to) : undefined;
  }
  const joined = JOINED.exec(text) ?? TOWARDS.exec(text);
  if (joined && !OTHER.test(joined[1] ?? "")) return named(joined[1] ?? "", joined[2] ?? "");
  const loose = deps ? LOOSE.exec(text) : undefined;
  return loose && !OTHER.test(loose[1] ?? "") ? named(loose[1] ?? "") : undefined;
}

function named(name: string, version?: string): Dependency {
  const own = /[/:]/.test(name) && !name.startsWith("@") ? name : name.toLowerCase();
  const number = version?.replace(/^v/i, "").replace(/[.-]+$/, "");
  return number ? { name: own, version: number } : { name: own };
}
