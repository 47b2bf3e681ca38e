import type { Found } from "./claims-checks.ts";
import { mainOf } from "./claims-clauses.ts";
import { byFix, byVerb, FASTER, FIXES } from "./claims-done.ts";

const BEHAVIOUR =
  "(?:public |external |existing |current |observable |runtime |user[- ]facing |api |functional |visible |other |any |the )*(?:behaviou?rs?|functionality|semantics|apis?|interfaces?|features?|output|contract)";
const KEPT: [RegExp, Found["kind"]][] = [
  [
    /\b(?:no|zero|0|without(?: any)?|free of) (?:known |new |further |other |observed |visible )*regress(?:ions?|ing)\b(?! tests?| testing| suite)|\bnot? (?:introduced?|cause[ds]?) (?:any )?(?:new )?regressions?\b|\bno regressions?\b(?! tests?| testing| suite)|\bnothing regressed\b/,
    "no-regression",
  ],
  [
    /\b(?:nothing|not(?:hing)? any ?thing)(?: else)? (?:else )?(?:is |was |got |has been )?(?:broke|broken|breaks|regressed|affected|impacted)\b|\b(?:did not|didn't|does not|doesn't|without) break(?:ing)? (?:any|the|exist|other|back|current)|\bno breaking (?:api )?changes?\b|\b(?:is |are |remains? |stays? |fully )*(?:backwards?|backward)[- ]compatible\b|\bnon-breaking\b/,
    "no-regression",
  ],
  [
    new RegExp(
      `\\b(?:no|without|zero|not)(?: any| an?)?(?: functional| behaviou?ral| semantic| intended)*(?: chang(?:e|es|ing))?(?: (?:in|to|of))? ?${BEHAVIOUR}(?: (?:is |was |were |are |has |have )?(?:been )?chang(?:e[sd]?|ing))?\\b`,
    ),
    "no-regression",
  ],
  [
    /\b(?:no|without(?: any)?|zero) (?:functional|behaviou?ral|logic|semantic|user[- ]visible|visible)(?: or \w+)? (?:changes?|difference|impact)\b/,
    "no-regression",
  ],
  [
    new RegExp(
      `\\b${BEHAVIOUR} (?:is |are |was |were |has been |remains? |stays? |should |still )*(?:the same|unchanged|preserved|intact|unaffected|identical|kept|retained)\\b`,
    ),
    "no-regression",
  ],
  [
    new RegExp(`\\b(?:preserv|retain|keep|maintain|leav)(?:e[sd]?|s|ing|ed)? ${BEHAVIOUR}\\b|\\bkept ${BEHAVIOUR}\\b`),
    "no-regression",
  ],
  [
    /\b(?:everything|all)(?: else)? (?:still )?(?:works|behaves) (?:exactly )?(?:as|like) (?:it did )?before\b|\b(?:works|behaves) (?:exactly )?(?:the same )?as before\b|\bno other tests? (?:is|are|was|were) (?:affected|broken|failing)\b|\bwithout changing (?:what|how|anything about how) (?:it|they|\w+) (?:does?|works?|behaves?)\b|\beverything else (?:still )?(?:works|passes|is unaffected)\b/,
    "no-regression",
  ],
  [
    /\b(?:no|zero) other (?:source |code |project )?(?:files?|code|parts?|modules?|changes?|modifications?|edits)(?: (?:\w+ )?(?:were |was |have been |has been |are |is |got )?(?:touched|changed|modified|edited|affected|made|needed|required))?\b|\bnothing (?:else|more)(?: (?:was|is|has been|got|had|in \w+ \w+))* ?(?:change[ds]?|touched|modified|edited|added|altered)?(?:$| (?:but|except|besides|other than|apart from|outside|than)\b)/,
    "nothing-else",
  ],
  [
    /\b(?:(?:did not|didn't|have not|haven't|without) (?:touch|chang|modif|edit|alter)\w*|no changes? (?:were made |made )?(?:to|in|outside)|not (?:touch|chang|modif|edit)\w*) (?:any ?thing|any|other)? ?(?:other|else|any other)\b|\bno changes? (?:were made )?outside\b/,
    "nothing-else",
  ],
  [
    /^(?:i |we |this |it |the |my |pr |commit |change |have |has |'ve )*only (?:chang|touch|modif|edit|alter|affect)\w* |\b(?:touch|chang|modif|affect)\w* only\b|\bonly (?!adds?\b|fix)[^,]{1,80} (?:(?:was|were|is|are|has been|have been) )?(?:changed|touched|modified|edited|affected)\b|\b(?:the )?only (?:files? )?(?:\w+ )?(?:change[ds]?|touched|modified|edited|change is)(?: files?)? (?:is|are|was|were|to|in|files?)\b|\b(?:chang\w+|diff|edits?|modifications?) (?:is |are |was |were )?(?:limited|confined|restricted|scoped|isolated|contained) (?:to|in|within)\b/,
    "nothing-else",
  ],
];

/** In front of a plain phrase: "is not backwards compatible", "does not preserve the behaviour". */
const DENIAL = /\b(?:not|never|hardly|\w+n't)\b[^,]*$/;

/** What is said to have stayed as it was. A denial of it ("not sure that nothing broke") is idle before. */
export function keeps(bare: string): Found[] {
  if (
    /^(?:fix|resolve|correct|revert|add)\w*\b.{0,40}\bregressions?\b/.test(bare) &&
    !/\b(?:no|without|zero)\b/.test(bare)
  )
    return [];
  for (const [pattern, kind] of KEPT) {
    const said = pattern.exec(bare);
    if (
      said &&
      (/^(?:no|not|nothing|zero|without|free|did|does|have|do|\w+n't)\b/.test(said[0]) ||
        !DENIAL.test(bare.slice(0, said.index)))
    )
      return [{ kind }];
  }
  return [];
}

const STATES: [RegExp, Found["kind"]][] = [
  [
    /\b(?:servers?|app|application|service|site|website|api|cli|daemon|page|program|binary|container|endpoint|frontend|backend|ui|bot|worker|process|game|dashboard|it|thecode) (?:now |still |also |successfully |again |both )*(?:starts(?: up)?|boots(?: up)?|launches|comes up|came up|is up|is (?:now )?running|is live|responds|answers|is (?:now )?(?:reachable|listening|accessible)|loads|renders|listens|started (?:up )?(?:successfully|fine|cleanly|without|ok|on port|cleanok))(?=$| (?:and|on|at|in|again|now|fine|ok|successfully|cleanly|correctly|properly|without|with(?! an? | the )|cleanok|locally|under|from|to|within|after|listening|200)\b|,|:)/,
    "runs",
  ],
  [
    /\b(?:servers?|app|application|service|site|website|api|cli|daemon|program|binary|container|frontend|backend|bot|worker|game|dashboard|it|project|everything) (?:now |still |also |successfully |again )*runs(?=$| (?:on|at|again|now|fine|ok|successfully|cleanly|correctly|properly|without|cleanok|locally|under|in|with no|end to end)\b|,|:)/,
    "runs",
  ],
  [
    /(?:\b(?:get|post|put|patch|delete|head) )?\/[\w/:{}.*-]* (?:endpoint |route )?(?:now |still |also |correctly |successfully )*(?:returns|answers|responds(?: with)?|gives|yields|replies(?: with)?|answered|returned|responded(?: with)?|is)(?: (?:with|a|an|http|status|code|ok))* (?:[1-5]\d\d|ok)\b|\b(?:health ?check|health endpoint|homepage|landing page) (?:now |still )*(?:passes|returns 200|answers|responds|is ok|is green|loads)\b|\bcurl\b.* (?:returns|answers|: ?) ?(?:http )?200\b/,
    "runs",
  ],
  [FASTER, "faster"],
  [
    /\btakes? (?:only |about |just )*\d[\d.,]* ?[\wµ]+ (?:instead of|rather than|down from|compared to|vs) \d|\b(?:time|latency|duration|startup|runtime)\b[^,]* (?:dropped|drops|fell|went down|goes down|is down|down|reduced|cut|decreased|went|goes) (?:by |from |to )/,
    "faster",
  ],
];
export const NOT =
  /\b(?:not|never|nothing|neither|nor|none|cannot|unable|hardly|nobody|\w+n't|isnt|dont)\b|\bno (?!longer)/;
const GOOD_VERBS =
  /\bno longer (?:pass|work|build|compile|start|run(?!s? (?:out|into|forever|twice))|succeed|green|respond|answer|support)/;
const UNUSED =
  /\bno longer (?:needed|used|necessary|required|exists?|depends?|uses?|requires?|needs?|supported|relevant|imports?|maintained)\b/;
const DONE_TO =
  /^(?<subject>.+?) (?:(?:is|are|was|were|has been|have been|got|been|be) )?(?:now |also |already |successfully |all |fully |finally |properly |correctly |been |both |completely )*(?<verb>fixed|resolved|solved|corrected|repaired|patched|addressed|handled|prevented|avoided|closed|eliminated|gone|added|implemented|created|introduced|written|supported|bumped|upgraded|updated|refactored|renamed|removed|deleted|moved|extracted|simplified|cleaned up|improved|rewritten|replaced|documented|adjusted|reverted|migrated|changed|optimi[sz]ed)(?![-\w])(?= (?:in|by|with|for|to|from|on|at|and|now|too|as|so|via|using|again|under|across|during|when|where|without|everywhere|after|of|into|properly|correctly|successfully|gracefully)\b|[,:;.)]|$)/;

/** States and passives: "the server starts", "the bug is gone", "now handles empty input"; a negation denies them. */
export function readState(bare: string): Found[] {
  if (/\b(?:partially|partly|mostly|almost|nearly|half)\b/.test(bare)) return [{ kind: "unknown" }];
  if (bare.includes("no longer")) {
    if (GOOD_VERBS.test(bare)) return [];
    return [{ kind: UNUSED.test(bare) ? "unknown" : "fixed" }];
  }
  if (NOT.test(mainOf(bare))) return [];
  for (const [pattern, kind] of STATES) {
    if (!pattern.test(bare) || (kind === "runs" && REFUSAL.test(bare))) continue;
    return [{ kind: kind === "runs" && UNTIL.test(bare) ? "unknown" : kind }];
  }
  const now = NOW.exec(bare);
  if (now)
    return [
      {
        kind: /^(?:supports?|accepts?|allows?|offers?|provides?|includes?|has|comes|exposes?)/.test(now[1] ?? "")
          ? "added"
          : "fixed",
      },
    ];
  if (
    /^(?:fully |correctly )?(?:works|working) (?:again|now)\b|\b(?:works|behaves|is working) (?:correctly |properly |fine |as expected )?(?:again|now)\b/.test(
      bare,
    )
  )
    return [{ kind: /^(?:everything|it|all) /.test(bare) ? "unknown" : "fixed" }];
  const passive = DONE_TO.exec(mainOf(bare));
  const subject = passive?.groups?.["subject"] ?? "";
  const verb = passive?.groups?.["verb"] ?? "";
  if (!passive || /\bto$|^(?:i|we|you)\b/.test(subject))
    return /^bug ?fix\b/.test(bare) ? [{ kind: "fixed" }] : /^new feature\b/.test(bare) ? [{ kind: "added" }] : [];
  if (
    /^(?:written|created|introduced|supported|changed|moved|replaced)$/.test(verb) &&
    /\b(?:is|are)(?: \w+)? (?:written|created|introduced|supported|changed|moved|replaced)\b/.test(bare) &&
    !/\bnow supported\b/.test(bare)
  )
    return [];
  if (verb === "gone" || FIXES.test(verb)) return byFix(verb, subject.replace(/^(?:all|both|every) of /, ""));
  return byVerb(verb, subject);
}

/** "Now returns 400 for an empty name" is behaviour that was put right, not an answer that shows that something runs. */
const REFUSAL = /\bnow\b.*\b[45]\d\d\b/;
const UNTIL = /\b(?:if|once|unless|until|provided|assuming|as long as)\b/;
const NOW =
  /\b(?:now|correctly|properly|gracefully|safely) (?:also |both |always |fully |correctly |properly |gracefully |safely |again |all )*(supports?|accepts?|allows?|offers?|provides?|includes?|has|comes with|exposes?|handles?|copes?|deals?|returns?|throws?|rejects?|validates?|ignores?|skips?|trims?|escapes?|parses?|produces?|prints?|respects?|preserves?|keeps?|gives?|yields?|shows?|displays?|renders?|treats?|sorts?|rounds?|falls? back|survives?|recovers?|detects?|counts?|computes?|calculates?|formats?|strips?|waits?|retries|retry|raises?|fails? (?:fast|early|loudly)|works? (?:with|for|on|when|in|again|correctly|properly|as expected)|works?$|reports?|logs?|checks?|closes?|cleans? up|emits?|resolves? to|evaluates?)\b/;
