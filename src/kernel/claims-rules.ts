import { DID, mainOf } from "./claims-clauses.ts";
import { type Found, readChecks } from "./claims-checks.ts";
import { byVerb, FIXES, fixedThing } from "./claims-done.ts";
import { keeps, NOT, readState } from "./claims-states.ts";
import type { Role } from "./claims-text.ts";

/** What a clause stands in. */
export interface Context {
  /** The clause or label in front of it, for "they all pass" and "Tests: 42/42". */
  readonly before: string;
  /** It was ticked as done, so it is an assertion whatever its mood. */
  readonly checked: boolean;
  /** Nothing else was said: then a plain sentence about behaviour is meant as a claim. */
  readonly alone: boolean;
  readonly role?: Role;
}

/**
 * The kinds that a clause claims; none when it asserts no success. In this order: what is planned, possible, asked, told to
 * do, reported of others or of the past gives nothing (`idle`); "nothing else", "no regressions"; what somebody did ("fixed
 * …"): there a negation belongs to the object and is no denial; then states, which a negation denies; then `unknown` for
 * what is asserted about the code and no rule covers.
 */
export function readKinds(bare: string, context: Context): Found[] {
  if (context.role) return byRole(context.role, bare);
  if (TICKED.test(bare)) return readKinds(bare.slice(1).trim(), { ...context, checked: true });
  const did = deed(bare);
  const told = mainOf(bare);
  if (!did && !context.checked && (idle(told) || PAST.some((pattern) => pattern.test(told)))) return [];
  const affirmed = AFFIRM.exec(bare);
  if (affirmed) {
    const rest = readKinds(bare.slice(affirmed[0].length), { ...context, checked: false });
    const shown = rest.some(({ kind }) => kind !== "unknown");
    return shown || denied(bare) || WHETHER.test(bare) ? rest : [{ kind: "unknown" }];
  }
  const kept = keeps(bare);
  const done = did ? byVerb(did.groups?.["verb"] ?? "", bare.slice(did[0].length).trim()) : [];
  if (kept.length > 0)
    return [
      ...done.filter(({ kind }) => kind !== "unknown"),
      ...kept.filter(({ kind }) => !done.some((own) => own.kind === kind)),
    ];
  if (did) return explained(bare, done, context);
  const vague = !context.checked && idle(bare);
  const checks = vague ? [] : readChecks(bare, context);
  if (checks.length > 0) return checks;
  if (/^gave (?:the |some |all )?tests?\b.*\bnames?$/.test(bare)) return [{ kind: "no-regression" }];
  if (!vague && EVERY_CHECK.test(bare) && !denied(bare)) return [{ kind: "tests-pass" }];
  if (NEW.test(bare)) return [{ kind: "added" }];
  const states = readState(bare);
  if (states.length > 0) return states;
  return !vague && asserts(bare, context) ? [{ kind: "unknown" }] : [];
}

/** "✅ Add tests", "✅ Run the tests": an item of a plan that was ticked, not a check that is good. */
const TICKED =
  /^✅ ?(?:fix|add|implement|creat|writ|updat|remov|refactor|renam|run|execut|verif|check (?!s)|ensur|bump|upgrad|improv|introduc|handl|mov|mak|set up|wrote|review|investigat|document)/;

/** "Fixed the types: tsc is clean", "Cleaned up: lint passes": what stands after the colon is claimed too. */
function explained(bare: string, done: Found[], context: Context): Found[] {
  const at = bare.indexOf(": ");
  const rest = bare.slice(at + 2);
  if (at < 0 || idle(rest)) return done;
  const checks = readChecks(rest, context).filter(
    ({ kind }) => kind !== "unknown" && !done.some((own) => own.kind === kind),
  );
  const bareVerb = checks.length > 0 && /^\S+(?: up)?$/.test(bare.slice(0, at));
  return [...(bareVerb ? [] : done), ...checks];
}

/** What a conventional commit's type means; a dependency is recognised by its version before. */
function byRole(role: Role, bare: string): Found[] {
  if (role === "deps") return [{ kind: "dependency-updated" }];
  if (role === "docs" || role === "chore") return [{ kind: "unknown" }];
  if (role === "perf") return [{ kind: "faster" }];
  if (role === "refactor") return [{ kind: "no-regression" }];
  if (role === "feat") return [{ kind: "added" }];
  const did = deed(bare);
  return fixedThing(did && FIXES.test(did.groups?.["verb"] ?? "") ? bare.slice(did[0].length).trim() : bare);
}

/** What somebody did; in "the fix works" and "my change is small" the verb is a noun. */
function deed(bare: string): RegExpExecArray | undefined {
  const did = DID.exec(bare) ?? undefined;
  const at = bare.indexOf(did?.groups?.["verb"] ?? "");
  const noun = /\b(?:the|my|our|these|this) $/.test(bare.slice(0, at)) && NOUNS.test(did?.groups?.["verb"] ?? "");
  return noun ? undefined : did;
}
const NOUNS =
  /^(?:fix|hotfix|bug ?fix|patch|change|update|support|cover|use|split|cut|handle|address|stop|upgrade|move|drop|write|repair|document|switch)$/;

/** "More tests for x", "New function y in z", "with a test for it". */
const NEW =
  /^(?:with )?(?:an? |some |two |three |\d+ )?(?:new|more|additional) (?:\w+ )?(?:tests?|functions?|files?|options?|flags?|endpoints?|commands?|class(?:es)?|modules?|methods?|helpers?|pages?|routes?|components?)\b(?!.*\b(?:pass|fail|is|are|was|were|should|needed)\b)|^(?:along )?with (?:a |an |new |some |unit |regression )*tests?\b(?: (?:for|of) .*)?$/;

/** Not only the tests: the machine asks every check for it (`kernel/verdict-checks.ts`). */
const EVERY_CHECK =
  /^(?:and |so |now )*(?:(?:all|every) (?:the |of the )?(?:\w+ )?checks?|everything|(?:the )?(?:ci|pipeline)) (?:is |are |now |all |still |again )*(?:green|pass(?:es|ed|ing)?)(?: (?:now|again|locally|here))?$/;

const AFFIRM =
  /^(?:(?:i|we) )?(?:have |'ve )?(?:also |again |then |just |locally |manually |re-?)*(?:verified|confirmed|checked|ensured|validated|double-?checked|made sure|can confirm|confirming|verifying|verify|ensure|make sure)(?: (?:locally|manually|again|by hand))?(?: that|:)? (?=\S)/;
const WHETHER = /\b(?:whether|if)\b/;

/** Plans, wishes, attempts, possibilities, instructions, the past, and what others said. */
function idle(bare: string): boolean {
  return IDLE.some((pattern) => pattern.test(bare));
}
/** Read up to the first subordinate clause: "the two that were failing" tells nothing of the rest. */
const PAST = [
  /\b(?:was|were) (?:that|because|due|caused|failing|passing|broken|wrong|missing|red|throwing|crashing|returning|not)\b/,
];
const IDLE = [
  /\b(?:will|'ll|won't|going to|gonna|about to|plan(?:s|ned|ning)? to|intend|let me|let's|i'd|we'd|would|wouldn't|needs?(?: to)?|needed|has to|have to|must|to-?do|wip|want(?:s|ed)?|aims?|trying|tried|tries|try|attempt(?:s|ed|ing)?|in progress|working on|yet to|not yet|follow[- ]?up|later|next step|eventually|tomorrow|soon|waiting|pending|remains? to|left to|should have|is being|are being|to be)\b/,
  /\b(?:may|might|could|couldn't|can(?! confirm)|unsure|not sure|perhaps|maybe|unclear|possibly|whether|wonder|possible|suppose[ds]?|i hope|doubt)\b/,
  /^(?:i|we)(?: am|'m| are|'re) (?:now |currently |still )*\w+ing\b|^(?:fix|add|runn|updat|implement|check|test|mak|creat|look|start|writ|refactor|investigat)\w*ing (?!(?:pass|is|are|was|work|succeed|clean|✅))/,
  /\bpreviously\b|^(?:before|originally|initially|at first|earlier|formerly|until now|in the past)\b|\bused to\b|\b(?:had|has) been \w+ing\b/,
  /\b(?:the|root|this|a|real|actual) (?:bug|problem|issue|cause|error|reason|crash|idea|goal|task|request|plan|culprit|failure) (?:here )?(?:was|is|were|lies|came|comes)(?! (?:now |also |already |completely |fully )*(?:fixed|resolved|gone|solved|corrected|addressed|closed|no longer))\b/,
  /\b(?:passed|green|built|compiled|worked|clean)\b(?! (?:as|than)\b)[^,]* before(?! and\b)(?: |$)/,
  /^(?:please|pls|run(?! ?time)|rerun|re-run|try|check|verify|ensure|make sure|confirm|open|see|look|read|review|install|execute|start(?!up|-)|restart|remember|consider|feel free|use|visit|go to|do not|don't|never|always|keep|set|call|let|tell|wait|watch|merge|push|test (?:it|this|the|that|by|with|manually)|build (?:it|the|with)|you|they said|to (?:run|test|verify|check|start|reproduce|see|build|fix|make|ensure|confirm)|(?:we|i|someone|one|it) should|i (?:suggest|recommend|propose|advise)|if|once|unless|until|when|whenever|assuming|provided|in case|as soon as)\b/,
  /\b(?:you|users?|issue|ticket|reporter|reviewers?|readme|documentation|he|she|they|task|prompt|instructions?) (?:said|says|say|asked|wanted?|reported|requested|mention(?:s|ed)|claim(?:s|ed)?|states?|requires?|expects?)\b|\baccording to\b|\basked (?:me|for)\b|\binstructed\b/,
];

function denied(bare: string): boolean {
  return NOT.test(bare) || /\b(?:fails?|failed|failing|broken)\b/.test(bare);
}

/** Any other verb in the past at the head ("deployed to production") is asserted too, unless it only tells how one worked. */
const DEED =
  /^(?:(?:i|we|i've|we've|have|also|then|now|just|successfully|already) )*(?:[a-z]{2,}(?:ed)|gave|put|took|set up|kept|sent|built|wrote) \S/;
const NARRATION =
  /^(?:(?:i|we|i've|we've|have|also|then|now|just|successfully|already) )*(?:looked|used|started|explored|examined|inspected|noticed|searched|reviewed|investigated|discovered|checked|identified|analy[sz]ed|wondered|traced|debugged|reproduced|decided|learned|asked|stopped|finished|reached|followed|walked|viewed|scanned|opened|listed|observed|reali[sz]ed|figured|attempted|tried|wanted|needed|requested|expected|based|related|suggested|proposed|planned|considered|located|compared|studied|confirmed|executed|launched|called|failed|encountered|hoped|noted|sourced|performed|conducted|attached|detailed|limited|intended|selected|feed|need|indeed|speed|seed|embed|exceed|proceed|succeed)\b/;
/** Admissions, plans and progress, also as the only sentence of a text. */
const ADMITS =
  /\b(?:incomplete|wrong|missing|unfinished|slower|worse|unclear|running|ongoing)\b|\b(?:fix|idea|plan|approach|solution|next step) (?:is|was) to\b|[?:]$/;
const NOWADAYS =
  /\b(?:is|are)\b.*\bnow$|\bfrom now on\b|\bfix(?:es)? (?:is|are|was|has been|have been) (?:now |also )*(?:in place|applied|verified|complete)\b|\b(?:criteria|requirements?|goals?) (?:is|are|were|have been) (?:now |all )*(?:met|fulfilled|satisfied|covered)\b/;

/** Whether something is asserted about the code that no rule covers. Narration ("I looked at …", "Here is …") asserts nothing. */
function asserts(bare: string, { checked, alone }: Context): boolean {
  if (NOT.test(mainOf(bare)) || /\b(?:fail(?:s|ed|ing|ures?)?|broken|red)\b/.test(bare)) return false;
  if (DEED.test(bare) && !NARRATION.test(bare)) return true;
  if (/^(?:i|we) |^(?:here|there|below|above|the following)\b/.test(bare)) return false;
  if (checked) return bare.includes(" ");
  if (
    /\b(?:is|are|looks?|feels?) (?:now )?(?:\w+ )?(?:cleaner|better|simpler|easier|clearer|safer|nicer|smaller|shorter|tidier|(?:more|less) \w+|consistent|thread-safe|production[- ]ready|up to date|deterministic|idempotent|secure|robust)\b/.test(
      bare,
    )
  )
    return true;
  if (/\bnow (?:is|are|uses?|lives?|in|follows?|matches|much|runs)\b|\b(?:is|are) now\b/.test(bare)) return true;
  if (
    /\b(?:all|every) (?:checks?|green)\b|\b(?:checks|ci|pipeline|coverage|everything) (?:is green|is|are|pass)|\b(?:works|is working|improves)\b|^all (?:is )?green\b/.test(
      bare,
    )
  )
    return true;
  if (NOWADAYS.test(bare)) return true;
  return (
    alone &&
    !ADMITS.test(bare) &&
    /\b(?:is|are|has|have|does|handles|returns|throws|rejects|accepts|supports|parses|validates|ignores|keeps|raises|escapes|trims|sorts|behaves|answers|formats|strips|preserves)\b/.test(
      bare,
    )
  );
}
