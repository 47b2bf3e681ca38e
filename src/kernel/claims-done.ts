import type { Found } from "./claims-checks.ts";

export const FIXES =
  /^(?:fix|hotfix|bug ?fix|resolve|solve|repair|correct|patch|address|close|handle|prevent|avoid|stop|guard|eliminate)/;
const DOCS = /\b(?:docs?|documentation|readme|comments?|changelog|wording|design|ui)\b/;
const ADDS = /^(?:add|implement|creat|introduc|wr[io]t|support|enable|allow|provide|extend|expose)/;
/** What follows when "fix" or "change" is a noun: "the fix is to clear the cache". */
const NOUN =
  /^(?:is|was|works?|has|had|will|would|looks|seems|verified|applied|and|should|needs?|in place|can|could|may|might|did|does|do|\w+n't|attempt|suggestion|proposal|idea|candidate)\b/;
const QUICK = /^(?:sped|speed|accelerate|halve)/;
const TIME =
  /\b(?:time|times|latency|duration|startup|start-up|runtime|run time|overhead|cpu|memory|bundle size|load|allocations?|round ?trips|from \d[\d.,]* ?(?:ms|s|sec|seconds|min|minutes|µs|us)\b)/;

/** What somebody did: the verb decides, then what it was done to. */
export function byVerb(verb: string, object: string): Found[] {
  const thing = object.replace(/^: ?/, "");
  if (/^(?:nothing|none|no (?!longer)|by\b)/.test(thing)) return [];
  if (thing === "") return /^(?:fixed|resolved|solved|corrected|repaired)$/.test(verb) ? [{ kind: "fixed" }] : [];
  if (/^(?:fix|patch|change|support|update|cover|use|split|cut)$/.test(verb) && NOUN.test(thing))
    return /^(?:is |was |has been )?(?:now )?(?:in place|applied|verified|complete|works?)\b/.test(thing)
      ? [{ kind: "unknown" }]
      : [];
  if (FIXES.test(verb)) return byFix(verb, thing);
  if (
    /^(?:remove|drop|delete)/.test(verb) &&
    /^(?:the |a |an )?(?:\w+ )?(?:bug|crash|race|leak|deadlock|memory leak|infinite loop|off-by-one)\b/.test(thing)
  )
    return [{ kind: "fixed" }];
  if (QUICK.test(verb) || FASTER.test(thing)) return [{ kind: "faster" }];
  if (
    /^(?:reduce|cut|improve|optimi|decrease|double)/.test(verb) &&
    (TIME.test(thing) || /\b(?:performance|speed|throughput)\b/.test(thing))
  )
    return [{ kind: "faster" }];
  if (verb.startsWith("optimi"))
    return [{ kind: /\b(?:imports?|wording|docs?|layout)\b/.test(thing) ? "unknown" : "faster" }];
  if (ADDS.test(verb)) return byAdd(thing);
  // What changes the shape and not what it does: that is what a check can tell of it.
  if (
    /^(?:clean|tidied|simplif|restructure|reorgani|rename|move|split|extract|inline|merged|reformat|formatted)/.test(
      verb,
    )
  )
    return [{ kind: DOCS.test(thing) ? "unknown" : "no-regression" }];
  if (verb === "made" && /\btests?\b.*\b(?:stricter|stronger)\b/.test(thing)) return [{ kind: "no-regression" }];
  if (verb.startsWith("cover")) return [{ kind: "added" }];
  if (verb.startsWith("refactor") || /^(?:the |this |a |some )?refactor/.test(thing))
    return [{ kind: "no-regression" }];
  if (/^applied|^apply|^made/.test(verb) && /^(?:the |a |my )?(?:bug ?)?fix\b/.test(thing)) return [{ kind: "fixed" }];
  if (/^(?:bump|upgrade|downgrade|updat|install)/.test(verb) && DEPENDENCIES.test(thing))
    return [{ kind: "dependency-updated" }];
  return [{ kind: "unknown" }];
}
const DEPENDENCIES =
  /^(?:all |the |our |some |outdated |npm |dev |runtime |production |python |vulnerable )*(?:dependenc(?:y|ies)|deps|devdependencies|packages|[\w-]+ group (?:with|across))\b(?! (?:\w+ )?(?:list|section|docs|file|table|graph))/;
export const FASTER =
  /\b(?:twice|\w+ times|\d+x?) as (?:fast|quick)\b|\bhalf the time\b|\b\d[\d.,]* ?(?:x|times|%|percent)[- ](?:faster|quicker|speed-?up)\b|\b(?:is|are|runs?|much|now|significantly|noticeably|way|slightly|^|\w+s) (?:much |a lot |significantly |even |now )*(?:faster|quicker)\b(?! to\b)|\bfaster than\b|\b(?:performance|throughput|speed) (?:is|was|has|improved|improves|increased)\b|\bspeed-?ups?\b/;

export function byFix(verb: string, thing: string): Found[] {
  if (verb.startsWith("close") && !/#\d|\bgh-\d|\b[a-z]{2,10}-\d+\b|\b(?:bug|issue|ticket)\b|theurl/.test(thing))
    return [{ kind: "unknown" }];
  if (
    verb.startsWith("resolve") &&
    /^(?:to|with|into)\b|\bconflicts?\b|^(?:the )?promise\b|^(?:review|feedback|comments?)\b/.test(thing)
  )
    return [{ kind: "unknown" }];
  if (
    verb.startsWith("address") &&
    /\b(?:comments?|feedback|review|concerns?|suggestions?|nits?|points?)\b/.test(thing)
  )
    return [{ kind: "unknown" }];
  if (/^(?:handle|address|correct|patch|repair|stop)s?$/.test(verb) && /^(?:is|are|was|were|of|to|in)\b/.test(thing))
    return [];
  if (/^-|^(?:width|size|length|point|number|rate|position|set)\b/.test(thing)) return [{ kind: "unknown" }];
  return fixedThing(thing);
}

const SOME =
  "(?:all |the |of |remaining |some |several |few |a |an |new |existing |resulting |outstanding |other |failing |broken |every |our |ci |\\d+ |two |three |various |related )*";
const THINGS: { pattern: RegExp; found: Found[] }[] = [
  {
    pattern: new RegExp(
      `^${SOME}(?:lint(?:er|ing)?|eslint|oxlint|ruff|clippy|flake8|pylint|rubocop|biome|stylelint|golangci-lint)(?:$|:? (?:errors?|warnings?|issues?|problems?|violations?|complaints?|failures?|findings|checks?|and|in|for|on|across)\\b)`,
    ),
    found: [{ kind: "lint-clean" }],
  },
  {
    pattern: new RegExp(
      `^${SOME}(?:(?:type|typescript|tsc|typing|mypy|pyright|typecheck|static type)(?:[- ](?:check|checking|checker))? (?:errors?|issues?|problems?|failures?|mismatch(?:es)?)\\b|(?:typecheck|types|typings|typescript|tsc)(?: (?:in|for|across) .*)?$)`,
    ),
    found: [{ kind: "types-clean" }],
  },
  {
    pattern: new RegExp(
      `^${SOME}(?:(?:production |docker |npm |release )*build(?:$|:? (?:errors?|failures?|issues?|problems?|breakage|break)\\b| (?:on|in|for|with|under|again)\\b)|(?:compile|compiler|compilation)(?:$| (?:errors?|failures?|issues?|problems?)\\b))`,
    ),
    found: [{ kind: "builds" }],
  },
  {
    pattern: new RegExp(
      `^${SOME}(?:flaky |unit |integration |regression |red |selected |e2e |[\\w-]+ ){0,4}(?:tests?(?: (?:failures?|suites?|cases?|errors?))?(?:$| (?:in|for|on|of|that|which|by|under|when|about)\\b)|specs?$)`,
    ),
    found: [{ kind: "fixed" }, { kind: "tests-pass", all: false }],
  },
  {
    pattern:
      /\b(?:typos?|readme|docs?|documentation|docstrings?|jsdoc|comments?|spelling|grammar|wording|changelog|formatting|indentation|whitespace|broken links?|dead links?|markdown|license|code style|style issues?|naming|capitali[sz]ation|punctuation|merge conflicts?|ci)\b/,
    found: [{ kind: "unknown" }],
  },
];
const CODE =
  /\bthecode\b|\b(?:parser|parsing|crash|bug|function|variable|identifier|import|config key|command|regex|query|code|method|flag)\b/;

/** What was fixed decides: "lint errors" is lint-clean. Several things joined by commas are looked at one by one. */
export function fixedThing(object: string): Found[] {
  const [head = ""] = object.split(": ");
  const thing = THINGS.some(({ pattern, found }) => found[0]?.kind !== "unknown" && pattern.test(head)) ? head : object;
  const parts = thing.split(/, and |, | and | & | \+ /).map((part) => part.trim());
  const seen = parts.map(
    (part) =>
      THINGS.find(({ pattern }) => pattern.test(part) && !(pattern.source.includes("typos") && CODE.test(part)))?.found,
  );
  const joined =
    /^(?:lint|type|build|compile|eslint|typescript|formatting)\b/.test(parts[0] ?? "") &&
    parts.length > 1 &&
    seen.at(-1)?.[0]?.kind !== undefined;
  const firstShort = joined ? THINGS.find(({ pattern }) => pattern.test(`${parts[0]} errors`))?.found : undefined;
  const out: Found[] = [];
  for (const [index, found] of seen.entries())
    for (const own of (index === 0 ? (firstShort ?? found) : found) ?? [{ kind: "fixed" as const }])
      if (!out.some(({ kind }) => kind === own.kind)) out.push(own);
  if (!out.some(({ kind }) => kind !== "fixed" && kind !== "unknown")) {
    const [whole] = THINGS.slice(-1);
    return whole?.pattern.test(thing) && !CODE.test(thing) ? [{ kind: "unknown" }] : [{ kind: "fixed" }];
  }
  return out;
}

function byAdd(thing: string): Found[] {
  if (/^(?:the |a |an |my |proper |required |requested )*(?:bug ?)?fix(?:es)?\b/.test(thing))
    return [{ kind: "fixed" }];
  return [{ kind: "added" }];
}
