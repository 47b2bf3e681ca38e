import { bareOf, type Masked, mask, unmask } from "./claims-words.ts";

/** A part of a sentence that can be true or false by itself. */
export interface Clause {
  /** As it was written, without what joined it to its neighbours; at most 300 characters. */
  readonly text: string;
  /** The same with one character per span, for `subjectOf`. */
  readonly masked: string;
  /** What rules read: lower case, spans as nouns, weak words ("should", "I think") taken away. */
  readonly bare: string;
}

/** The clauses of a statement by sentence, in order; questions are left out. */
export interface Reading {
  readonly sentences: readonly (readonly Clause[])[];
  readonly spans: Masked;
  /** What stands before a colon or a dash at the head: "Tests", "`src/a.ts`". */
  readonly label?: Clause;
}

const MAX_CLAUSE = 300;
/** Characters of one sentence that are read; no rule looks further. */
const MAX_SENTENCE = 1200;

/** Verbs that say, at the head of a clause, what was done: past, third person, or the imperative of a commit subject. */
export const DID =
  /^(?:(?:i|we|this|it|the|my|our|these|also|then|now|finally|just|already|successfully|and|pr|pull request|commit|change|changes|patch|update|branch|fix|have|has|had to|'ve|i've|we've|went ahead and|was able to|were able to|managed to|probably|likely|hopefully|both|quickly|simply|properly|correctly|fully|only) )*(?<verb>fix(?:ed|es)?|hotfix|bug ?fix|resolve[sd]?|solve[sd]?|repair(?:ed|s)?|correct(?:ed|s| (?=the\b|an?\b|wrong|invalid|off))|patch(?:ed|es)|address(?:ed|es)|close[sd]?|handle[sd]?|prevent(?:ed|s)?|avoid(?:ed|s)?|stop(?:ped|s)?|guard(?:ed|s)? against|eliminate[sd]?|add(?:ed|s)?|implement(?:ed|s)?|creat(?:ed|es|e)|introduc(?:ed|es|e)|wrote|written|write|support(?:ed|s)?|enable[sd]?|allow(?:ed|s)?|provide[sd]?|extend(?:ed|s)?|expose[sd]?|bump(?:ed|s)?|upgrade[sd]?|downgrade[sd]?|pin(?:ned|s)?|updat(?:ed|es|e)|sped up|speed(?:s|ed)? up|accelerate[sd]?|optimi[sz]e[sd]?|reduce[sd]?|halve[sd]?|cuts?|doubled?|refactor(?:ed|s)?|change[sd]?|rename[sd]?|remove[sd]?|delete[sd]?|drop(?:ped|s)?|move[sd]?|extract(?:ed|s)?|simplif(?:ied|ies|y)|clean(?:ed|s)? up|improve[sd]?|rewrote|rewrite|replace[sd]?|switch(?:ed|es)?|convert(?:ed|s)?|migrate[sd]?|document(?:ed|s)?|adjust(?:ed|s)?|tweak(?:ed|s)?|modif(?:ied|ies|y)|reorgani[sz]e[sd]?|reformat(?:ted|s)?|formatted|split|merged|inline[sd]?|revert(?:ed|s)?|made(?! sure)|make(?! sure)|got|tighten(?:ed|s)?|harden(?:ed|s)?|configured?|polish(?:ed)?|restructure[sd]?|deprecate[sd]?|disable[sd]?|applied|apply|cover(?:ed|s)?(?! by)|tidied(?: up)?|normali[sz]e[sd]?|use[sd]|unif(?:ied|y)|consolidate[sd]?|completed|installed|increased?|decreased?|regenerated?|skipped|wired(?: up)?|included?)(?![-\w])/;

const JOINT =
  /( *[(] *| *[)],? *|[,;] +(?:(?:and|but|so|which|while|although|then|plus) +)?| +[–—-]{1,2} +|—| +(?:and|but|while|although|though|whereas|plus|so that|so|as well as|&|\+) +|\. +(?=$))/i;
/** Words by which a piece can stand alone. `CLEANOK` is what `plainly` makes of "no errors". */
const FINITE =
  /✅|\b(?:is|are|was|were|has|have|had|does|do|did|will|can|cannot|won't|isn't|aren't|doesn't|don't|didn't|hasn't|haven't|pass(?:e[sd])?|passing|fail(?:s|ed|ing)?|succeed(?:s|ed)?|works?|starts|runs|builds|compiles|boots|returns|answers|responds|handles|supports|broke|breaks|crashes|crashed|remains?|stays?|touched|unchanged|untouched|green|faster|slower|no longer|gone|cleanok|needs?|should|must|may|might|could|would|typechecks|fixed|resolved|solved|regressions?|behaviou?r (?:change|is))\b/;
/** Counts of one result line belong together: "40 passed, 2 failed". */
const COUNT =
  /^\d+ (?:tests? )?(?:passed|passing|failed|failing|failures?|errors?|skipped|pending|todo|ignored|warnings?|suites?|total|of \d+|xfailed)\b|^cleanok|^0 |^100 ?%/;
const IMPERATIVE =
  /^(?:test|build|lint|support|split|cover|cuts?|change|documents?|patch|stop|use[sd]?|double|changes|supports|updates?|write|document|moves?|address|closes?|handles?|cover[s]?|skipped|included?)$/;

/** Cuts a statement into its label, its sentences and their clauses. */
export function readStatement(statement: string): Reading {
  const spans = mask(unquoted(statement));
  const { label, rest } = labelOf(spans);
  const sentences = sentencesOf(rest)
    .map((sentence) => sentence.slice(0, MAX_SENTENCE))
    .filter((sentence) => !isQuestion(sentence))
    .map((sentence) => clausesOf(sentence, spans));
  return label === undefined ? { spans, sentences } : { spans, sentences, label: finish(label, spans) };
}

/** `Tests: 42 passed`, `src/a.ts - handles null`: a short head without a verb. */
function labelOf(spans: Masked): { label?: string; rest: string } {
  const head = /^([^:.!?;]{1,80}?)(?:: +| +[–—-]{1,2} +| *(?:→|=>) *)(?=\S)/.exec(spans.text);
  const label = head?.[1]?.trim() ?? "";
  const bare = plainly(bareOf(label, spans));
  if (!head || label === "" || FINITE.test(bare) || DID.test(bare)) return { rest: spans.text };
  return { label, rest: spans.text.slice(head[0].length) };
}

/** A claim that was given in quotation marks as a whole. */
function unquoted(text: string): string {
  return /^"[^"]+"[.!]?$/.test(text) ? text.replaceAll('"', "") : text;
}

function sentencesOf(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  for (const end of text.matchAll(BREAK)) {
    const before = text.slice(Math.max(0, end.index - 12), end.index).toLowerCase();
    if (/(?:^|[\s(])(?:e\.g|i\.e|etc|vs|approx|no|cf|incl|resp|aka|st|v)$/.test(before) && end[0].startsWith("."))
      continue;
    out.push(text.slice(start, end.index + end[0].length).trim());
    start = end.index + end[0].length;
  }
  out.push(text.slice(start).trim());
  return out.filter((sentence) => sentence !== "");
}

/** Where a sentence ends; also where the next one plainly begins though its dot was forgotten. */
const BREAK =
  /[.!?;]+["')]? +|(?<=[\p{Ll}\d)\uE000-\uF8FF]) (?=(?:All|The|Tests|Every|Everything|Nothing|Only|Also|No|Added|Fixed|A new)\b [a-z\uE000-\uF8FF])/gu;

function isQuestion(sentence: string): boolean {
  if (/\?["')!. ]*$/.test(sentence)) return true;
  return /^(?:could|can|would|should|do|does|did|is|are|shall|may|will|have|has) (?:you|we|i|the|it|this|that|there|they|anyone|someone|all)\b/i.test(
    sentence,
  );
}

function clausesOf(sentence: string, spans: Masked): Clause[] {
  const parts = sentence.split(JOINT);
  const out: { text: string; bare: string }[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const piece = parts[index] ?? "";
    const joint = index === 0 ? "" : (parts[index - 1] ?? "");
    if (piece.trim() === "") {
      const last = out.at(-1);
      if (last && joint.includes(")")) last.text += joint.trimEnd();
      continue;
    }
    const bare = plainly(bareOf(piece, spans));
    const last = out.at(-1);
    if (last && !separate(last.bare, bare, joint)) {
      const again = repeated(last.text, joint, piece, spans);
      if (again !== undefined) {
        out.push({ text: again, bare: plainly(bareOf(again, spans)) });
        continue;
      }
      last.text += joint + piece;
      last.bare = plainly(bareOf(last.text, spans));
    } else out.push({ text: piece, bare });
  }
  return out.map(({ text }) => finish(text, spans));
}

/** "Fixed a and b" are two deeds when each is one word or name: the verb is said again for the second. */
function repeated(last: string, joint: string, piece: string, spans: Masked): string | undefined {
  if (!/[,&+]|\band\b/.test(joint) || !/^[\w\uE000-\uF8FF-]+$/.test(piece.trim())) return undefined;
  const head = /^((?:[A-Za-z']+ )*)[\w\uE000-\uF8FF-]+(?: ?\([^()]*\)?)?$/.exec(last.trim());
  const verb = head?.[1]?.trim() ?? "";
  const did = verb === "" ? null : DID.exec(bareOf(`${verb} it`, spans));
  return did && did[0] === verb.toLowerCase() && SPREADS.test(verb) ? `${verb} ${piece.trim()}` : undefined;
}
const SPREADS =
  /\b(?:fix|fixed|fixes|resolved?|add|added|adds|implement|implemented|create|created|repaired|corrected)$/i;

/** Whether `next` begins a clause of its own: both sides have a verb, and it is no count of the same result line. */
function separate(last: string, next: string, joint: string): boolean {
  if (COUNT.test(next) && /\d|pass|fail|test/.test(last)) return false;
  if (
    /^(?:not|never|only|no longer|except|but not)\b/.test(next) &&
    !/^(?:no|not|only) (?:other|new|more|behaviou?r|functional|breaking|regress|api|longer|chang|touch|modif)/.test(
      next,
    )
  )
    return false;
  const verb = DID.exec(next)?.groups?.["verb"] ?? "";
  const did =
    verb !== "" && !(IMPERATIVE.test(verb) && / ?(?:and|&|\+) ?|[(]/.test(joint) && next.split(" ").length < 3);
  if (!did && !FINITE.test(next) && !NOTHING_ELSE.test(next)) return false;
  const open = last.split(OPEN).at(-1) ?? "";
  if (open !== last && !did && !FINITE.test(open)) return false;
  if (joint.includes("(") && !did && !CHECKED.test(next) && !NOTHING_ELSE.test(next)) return false;
  return DID.test(last) || FINITE.test(last) || HEAD.test(last) || NOTHING_ELSE.test(last);
}

/** What follows these in a clause needs a verb before another clause can begin. */
const OPEN = /: | (?:where|when|that|which|because|if|whenever|since) /;
const CHECKED = /\b(?:tests?|suite|builds?|lint|types?|typecheck|regressions?|cleanok|pass(?:es|ed|ing)?)\b|✅/;

/** Pieces before a comma that only say when or why. */
const HEAD =
  /^(?:if|when|once|unless|until|after|before|because|since|although|though|while|with|as|to|for|in|by|previously|originally|initially|earlier|now|here|overall|finally|on|assuming|provided) /;
const NOTHING_ELSE =
  /^(?:with |but )?(?:no|nothing|without|zero|only|not) (?:other|else|new|more|any|behaviou?r|functional|breaking|changed?|touched|modified|changing|touching|modifying|edited|public|api)\b|^full suite\b/;

function finish(masked: string, spans: Masked): Clause {
  let own = masked
    .trim()
    .replace(
      /^(?:(?:and|but|so|then|also|plus|which|while|although|though|whereas|so that)\b[,:]? +|[-–—,:;✅(] *)+/i,
      "",
    );
  own = own.replace(/[\s,:;.!…–—✅-]+$/u, "").replace(/ ?✅/gu, "");
  const opened = own.split("(").length - own.split(")").length;
  if (opened > 0) own += ")";
  if (opened < 0) own = own.replace(/\) *$/, "");
  const text = unmask(own, spans).replace(/ +/g, " ").trim();
  return {
    text: text.length > MAX_CLAUSE ? `${text.slice(0, MAX_CLAUSE - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : text,
    masked: own,
    bare: plainly(bareOf(masked.trim(), spans)),
  };
}

/** Rewrites that leave the sense: weak assertions become plain ones, "no errors" becomes CLEANOK, "can now" becomes "now supports". */
function plainly(bare: string): string {
  let out = trimmed(bare).replace(
    /^(?:(?:and|but|so|then|also|plus|which|while|although|though|whereas|so that|that)\b[,:]? |[-–—,:;(] ?)+/,
    "",
  );
  for (const [pattern, plain] of REWRITES) out = out.replace(pattern, plain);
  return trimmed(out.replace(/ +/g, " "));
}

function trimmed(text: string): string {
  return text.replace(/[\s,:;.!…–—(-]+$/u, "").trim();
}

const CHECK =
  "(?:type|types|typing|typescript|tsc|lint|linter|linting|eslint|build|compile|compiler|compilation|test|unit test|mypy|clippy)";
const REWRITES: [RegExp, string][] = [
  [/ ?(?:→|⇒|->|=>) ?/g, ": "],
  [
    /^(?:(?:as requested|as asked|as discussed|in (?:this|the) (?:pr|commit|change|patch)|(?:with|after) (?:this|the|my|these|that|all) [\w -]{1,40}(?=,)|(?:with|after) (?:this|my|the|these) (?:fix(?:es)?|changes?|patch|commit|update|pr|refactor\w*)|overall|in summary|in short|to summari[sz]e|in addition|additionally|furthermore|moreover|as a result|first|second|third|lastly|finally|tl;?dr|fyi|note|please note|note that|great news|good news|great|perfect|excellent|nice|yes|ok|okay|done|all done|everything is done)[,:!]? (?:that )?)+(?=\S)/,
    "",
  ],
  [
    /^(?:i|we) (?:strongly |do )?(?:believe|think|expect|assume|trust|am (?:fairly |pretty |quite )?(?:sure|confident)|'m (?:fairly |pretty )?(?:sure|confident))(?: that)? |^(?:it|everything) (?:seems|appears|looks)(?: like| that| as if)? (?=\w+ \w)|^(?:looks|seems) like |^(?:apparently|presumably|hopefully|as far as i can tell|to my knowledge|from what i can see|probably)[,]? /,
    "",
  ],
  [
    /(?<!\b(?:you|we|i|someone|they|one) )\bshould ((?:now |still |all |again |both )*)(build|compile|start|boot|run|respond|answer|work|handle|return|load|render)\b/g,
    "$1$2s",
  ],
  [/\b(seems?|appears?) to (?:now )?be\b/g, "is now"],
  [/\b(?:seems?|appears?) to (?:now )?/g, ""],
  [
    /(?<!\b(?:you|we|i|someone|they|one) )\bshould (?!have\b|not\b)((?:now |all |also |then |again |still |just |no longer )*)be\b/g,
    "is $1",
  ],
  [/(?<!\b(?:you|we|i|someone|they|one) )\bshould (?!have\b|not\b|be\b)/g, ""],
  [/\bwill (?=(?:now|no longer)\b)|\bnow will\b/g, "now "],
  [/(?<!\byou )\b(?:can now|now can|is now able to|are now able to)\b/g, "now supports"],
  [/\b(?:do|does)(?: not|n't) (\w+ ?[^,]{0,60}?) ?any(?: ?more| longer)\b/g, "no longer $1"],
  [/\b(?:has |have )?stop(?:s|ped) (?=(?:crash|fail|throw|break|hang|leak)\w*ing\b)/g, "no longer "],
  [
    /\b(?:none of the|not a single|no) (?:\w+ )?(tests?|specs?) (?:now |still |currently )?(?:fail(?:s|ed|ing)?|(?:is|are) (?:failing|broken|red))\b/g,
    "$1 cleanok",
  ],
  [/\b(?:no|zero|0) (?:more |remaining )?(?:failing|broken|red|failed) (tests?|specs?)\b/g, "$1 cleanok"],
  [
    new RegExp(
      `(?<![\\d./])\\b(?:no|0|zero|without(?: any)?|free of|with no|not a single|not any)(?: (?:new|more|remaining|further))?((?: ?(?:,|or|and|nor|/)? ?${CHECK}){0,4}) (?:errors?|failures?|warnings?|issues?|problems?|complaints?|findings|violations|failed|failing|fail)\\b(?: (?:or|and) (?:errors?|warnings?|failures?)\\b)?`,
      "g",
    ),
    "$1 cleanok",
  ],
  [/\b(?:errors?|failures?|failed|failing): (?:0|none)\b/g, "cleanok"],
  [
    /\b(?:the )?(?:previously|formerly)[- ](?:failing|broken|red) (?=tests?\b|specs?\b)|\b(?:the )?(?:failing|broken|red) (?=(?:tests?|specs?) (?:now|all|again|pass|is now|are now))/g,
    "the selected ",
  ],
  [
    /\b(tests?|specs?) (?:that|which) (?:(?:was|were|had been|used to|previously|is|are) )*(?:fail\w*|broken|red|broke|crash\w*)(?: before| previously| earlier| on main)?(?= )/g,
    "selected $1",
  ],
  [
    /\b(?:made|got|get) ((?:all |the |every |our |full |whole |entire |new |selected )*(?:tests?|suite|build|lint(?:er)?|typecheck)(?: suite)?) (?:to )?(?:pass(?:ing)?|green|working|clean|succeed)\b/g,
    "$1 is green",
  ],
  [
    /\b(?:made|make|got|get) ((?:the |a |all |failing |broken |red |new )*)((?:[\w-]+ ){0,3}?(?:tests?|specs?)(?: (?:of|for|in) [\w-]+(?: [\w-]+){0,4}?)?) (?:to )?(?:pass(?:ing)?|green)$/,
    "selected $2 is green",
  ],
  [/^(.+?)(?: any)? no more$/, "no longer $1"],
  [/\b(?:type|typescript)[- ]check(?:s|ing|er)?\b/g, "typecheck"],
];

const SUBORDINATE =
  / (?:because|since|when|whenever|if|that|which|where|who|unless|until|once|even though|due to|caused by|instead of|rather than|so that)\b/;

/** The part in front of the first subordinate clause: only a negation there denies the whole. */
export function mainOf(bare: string): string {
  const told = /: /.exec(bare)?.index ?? -1;
  const explained = told > 0 && /\b(?:is|are|was|were|been|has|have|works|gone)\b/.test(bare.slice(0, told));
  if (explained) return mainOf(bare.slice(0, told));
  const at = SUBORDINATE.exec(bare)?.index ?? -1;
  return at > 0 ? bare.slice(0, at) : bare;
}
