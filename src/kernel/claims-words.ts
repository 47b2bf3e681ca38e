/** A text in which each code span, path, address, call, version and quotation is one character, so that no rule cuts or reads it. */
export interface Masked {
  readonly text: string;
  readonly spans: readonly Span[];
}
interface Span {
  readonly text: string;
  readonly kind: "code" | "quote" | "url" | "file" | "name" | "version";
}

/** Private use characters stand for spans; `readStatements` leaves none in a text. */
const FIRST = 0xe000;
const MOST = 6000;
const MARKS = /[\uE000-\uF8FF]/g;
const EXTENSIONS =
  "[cm]?[jt]sx?|d\\.ts|json[c5]?|ya?ml|toml|md|mdx|py|pyi|rs|go|java|kts?|rb|php|cs|cpp|cc|hpp|[ch]|swift|scala|ex|exs|sh|bash|ps1|sql|html?|s?css|less|vue|svelte|astro|lock|txt|xml|ini|cfg|conf|env|gradle|proto|graphql|tf|lua|zig|dart|hs|clj|erl|snap|csv|svg|png|ipynb|prisma|mod|sum";
const FILE = new RegExp(
  `^(?:[\\w@.~+-]+/)*[\\w@.+-]*\\w\\.(?:${EXTENSIONS})$|^(?:[\\w.-]+/)*(?:Dockerfile|Makefile|Procfile|Gemfile|Rakefile|LICENSE)$`,
  "i",
);
const DIRECTORY =
  /^(?:\.?\/?)(?:src|lib|tests?|app|apps|packages|scripts|docs|bin|cmd|internal|pkg|server|client|web|examples|\.github)(?:\/[\w@.-]+)+\/?$/;
/** Products that look like a file: `Node.js`. */
const BRAND =
  /^(?:node|next|vue|nuxt|three|d3|express|react|ember|backbone|chart|alpine|discord|socket|moment|day)\.(?:js|io)$/i;
/** Products that look like a code name. */
const PROPER =
  /^(?:type|java|coffee|git|open|post|my|no|you|mac|graph|web|data|dev|sql)(?:script|hub|lab|ai|api|gresql|gres|sql|tube|os|ql|assembly|socket|sockets|dog|ops|ite)s?$|^(?:iOS|iPhone|iPad|npmJS|eBay|oxLint)$/i;

/** Gives each span its character. Spans after the 6,000th stay as they are. */
export function mask(text: string): Masked {
  const spans: Span[] = [];
  const hide = (kind: Span["kind"], own: string): string => {
    if (spans.length >= MOST) return own;
    spans.push({ text: unmask(own, { text: "", spans }), kind });
    return String.fromCharCode(FIRST + spans.length - 1);
  };
  const masked = text
    .replace(/https?:\/\/[^\s/]+\/[\w.-]+\/[\w.-]+\/(?:issues|pull)\/(\d+)\b/g, "#$1")
    .replace(/(`{1,2})([^`]{1,300})\1/g, (_, __, own: string) => hide("code", own.trim()))
    .replace(/(?<![\w"])"([^"\n]{1,200})"(?!\w)/g, (_, own: string) => hide("quote", own))
    .replace(/(?<![\w$.])[A-Za-z_$][\w$.]{0,60}\([^()\s]{0,40}\)/g, (own) => hide("name", own))
    .replace(/[^\s,;()"'<>|[\]{}\uE000-\uF8FF]+/g, (token) => maskToken(token, hide));
  return { text: masked, spans };
}

function maskToken(token: string, hide: (kind: Span["kind"], own: string) => string): string {
  if (token.length > 200) return token;
  const own = token.replace(/[.,:;!?*]+$/, "");
  const end = token.slice(own.length);
  if (/^https?:\/\/|^www\./.test(own)) return hide("url", own) + end;
  const path = own.replaceAll("\\", "/").replace(/:\d+(?:[:-]\d+)*$/, "");
  if ((FILE.test(path) && !BRAND.test(path)) || DIRECTORY.test(path)) return hide("file", own) + end;
  if (/^[v^~=]?\d+(?:\.\d+)+[\w.+-]*$/.test(own)) return hide("version", own) + end;
  if (isCodeName(own)) return hide("name", own) + end;
  return token;
}

/** `camelCase`, `snake_case`, `dotted.call`, `Type::member`, `PascalCase`, as they stand in plain text. */
function isCodeName(word: string): boolean {
  if (!/^[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)*$/.test(word) || /^(?:e\.g|i\.e|a\.k\.a)$/i.test(word))
    return false;
  if (BRAND.test(word) || PROPER.test(word)) return false;
  return /::|->|[a-z]\w*\.[A-Za-z]\w/.test(word) || /[a-z][A-Z]/.test(word) || /[A-Za-z0-9]_[A-Za-z0-9]/.test(word);
}

/** The text again, its spans without their backticks. */
export function unmask(text: string, { spans }: Masked): string {
  return text.replace(MARKS, (mark) => {
    const span = spans[mark.charCodeAt(0) - FIRST];
    return span?.kind === "quote" ? `"${span.text}"` : (span?.text ?? "");
  });
}

/** Lower case, one space between words, each span as the noun that rules understand ("the tests", "thefile"). */
export function bareOf(text: string, { spans }: Masked): string {
  const nouns = text.replace(MARKS, (mark) => {
    const span = spans[mark.charCodeAt(0) - FIRST];
    return span ? ` ${nounOf(span)} ` : " ";
  });
  return nouns
    .toLowerCase()
    .replace(
      /(?<![\w-])(?:npm|pnpm|yarn|bun|cargo|go|deno|dotnet|mvn|gradle)(?: run(?:-script)?| exec)? (tests?|build|lint|clippy|type-?check|check-types|types)\b(?::[\w:-]+)?(?: \.\/\.\.\.)?/g,
      (own: string) => ` ${commandNoun(own) ?? own} `,
    )
    .replace(/ +/g, " ")
    .replace(/ (?=[,.:;!?)])/g, "")
    .trim();
}

function nounOf({ text, kind }: Span): string {
  if (kind === "url") return "theurl";
  if (kind === "quote") return "thequote";
  if (kind === "version") return text;
  const route = /^(?:(?:GET|POST|PUT|PATCH|DELETE|HEAD) )?\/[\w/:{}.*?=&-]*$/.exec(text);
  if (route && !FILE.test(text.slice(1))) return text;
  const path = pathOf(text);
  if (path !== undefined) return TEST_FILE.test(path) ? "the selected tests" : "thefile";
  if (/^\d+$/.test(text)) return text;
  return commandNoun(text) ?? "thecode";
}

const TEST_FILE = /[._-](?:test|spec)s?\.|(?:^|\/)(?:test_[^/]*|tests?|__tests__|spec)(?:\.|\/|$)/i;
const RUNNERS =
  "(?:\\S+=\\S+ )*(?:(?:npx|bunx|pnpx|dlx|npm|pnpm|yarn|bun|deno|cargo|go|mvn|mvnw|\\./\\w+|gradle|make|just|task|tox|nox|python3?|py|-m|uv|poetry|pipenv|bundle|rake|dotnet|node|composer|mix|swift|zig|sbt|turbo|nx|exec|run|run-script|--)(?: |$))*";
const COMMANDS: [RegExp, string][] = [
  [
    new RegExp(
      `^${RUNNERS}(?:--test|tests?|pytest|jest|vitest(?: run)?|mocha|ava|rspec|phpunit|unittest|nextest|ctest|tox|tap)(?=[ :]|$)`,
    ),
    "tests",
  ],
  [
    new RegExp(
      `^${RUNNERS}(?:tsc|vue-tsc|mypy|pyright|basedpyright|type-?check|check-types|check:types|types|test:types)(?=[ :]|$)`,
    ),
    "the typecheck",
  ],
  [
    new RegExp(
      `^${RUNNERS}(?:eslint|oxlint|biome|lint|ruff|clippy|flake8|pylint|rubocop|stylelint|golangci-lint)(?=[ :]|$)`,
    ),
    "the linter",
  ],
  [new RegExp(`^${RUNNERS}(?:build|compile|assemble|bundle)(?=[ :]|$)`), "the build"],
  [new RegExp(`^${RUNNERS}(?:start|dev|serve)(?=[ :]|$)`), "the app"],
];
const ALONE =
  /^(?:pytest|jest|vitest|mocha|rspec|phpunit|tox|tsc|vue-tsc|mypy|pyright|eslint|oxlint|biome|ruff|clippy|flake8|pylint|rubocop)$/;

/** What a command line checks; a test command that names a part of the tests is a part of them. */
function commandNoun(command: string): string | undefined {
  if (!command.includes(" ") && !ALONE.test(command)) return undefined;
  for (const [pattern, noun] of COMMANDS) {
    const head = pattern.exec(command);
    if (!head) continue;
    if (noun !== "tests") return noun;
    const rest = command.slice(head[0].length);
    const part = /^:|(?:^| )(?!-|run$|2>|\||\.\/\.\.\.|&&)[^ ]*\w|(?:^| )(?:-k|-t|--grep|-g|--filter|-run)\b/.test(
      rest,
    );
    return part ? "the selected tests" : "the tests";
  }
  return undefined;
}

/** A path of the repository, without `./`, line numbers and back slashes; undefined for anything else. */
function pathOf(text: string): string | undefined {
  const path = text
    .replaceAll("\\", "/")
    .replace(/:\d+(?:[:-]\d+)*$/, "")
    .replace(/^\.\//, "");
  if (/[\s()]|^@|^https?:|^\/|^~|(?:^|\/)\.\.(?:\/|$)/.test(path) || BRAND.test(path)) return undefined;
  return FILE.test(path) || DIRECTORY.test(path) ? path : undefined;
}

/** What a clause is about: its significant words in order, its paths, its code names. At most 24 words. */
export function subjectOf(text: string, masked: Masked): { about: string[]; files: string[]; names: string[] } {
  const about = new Set<string>();
  const files = new Set<string>();
  const names = new Set<string>();
  for (const [token] of text.matchAll(/[\uE000-\uF8FF]|#\d+|(?<![\w/])\/[\w/:-]*\w|[\p{L}\d][\p{L}\p{M}\d_'-]*/gu)) {
    const span = masked.spans[token.charCodeAt(0) - FIRST];
    if (!span) {
      const word = token.toLowerCase().replace(/'s?$/, "");
      if (!STOP.has(word) && (word.length > 1 || /\d/.test(word))) about.add(word);
      continue;
    }
    const path = pathOf(span.text);
    if (path !== undefined) {
      files.add(path);
      about.add(path.toLowerCase());
    } else if (span.kind === "code" || span.kind === "name") {
      const name = span.text.replace(/\([^()]*\)$/, "");
      const code = /^[#@.]?[A-Za-z_$][\w$]*[?!]?(?:(?:\.|::|#|->)[A-Za-z_$][\w$]*)*$/.test(name);
      const literal =
        /^(?:null|true|false|undefined|none|nil|nan|main|master|head)$/i.test(name) || commandNoun(name) !== undefined;
      if (code && !literal) names.add(name);
      if (code) about.add(name.toLowerCase());
      else if (commandNoun(span.text) === undefined) for (const word of wordsOf(span.text)) about.add(word);
    } else if (span.kind !== "url") for (const word of wordsOf(span.text)) about.add(word);
  }
  return { about: [...about].slice(0, 24), files: [...files].slice(0, 50), names: [...names].slice(0, 24) };
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}._#-]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word) && !STOP.has(word));
}

/** Words that do not say what a claim is about: those of grammar, of claiming, and the names of the kinds. */
const STOP = new Set(
  (
    "a an the and or but nor so as at by for from in into of off on onto out over per than then to too up upon via with within without " +
    "i i've i'm we we've you it it's its they them he she this that these those there here my our your their who which what where when while " +
    "be is are was were been being am do does did done don't doesn't didn't has have had having can could should would may might must will shall " +
    "not no none nothing never any anymore all every each both some other others else only just even still again now already yet also very really more most " +
    "if because since after before during until unless once through between about against under across correctly properly successfully cleanly fully finally " +
    "fix fixed fixes fixing resolve resolved resolves close closed closes correct corrected corrects address addressed addresses solve solved solves repair repaired patch patched " +
    "handle handled handles prevent prevented prevents avoid avoided avoids add added adds adding implement implemented implements create created creates introduce introduced introduces wrote write " +
    "support supported supports supporting enable enabled enables allow allowed allows provide provides update updated updates upgrade upgraded bump bumped bumps change changed changes changing modify modified touch touched " +
    "pass passes passed passing succeed succeeds succeeded green clean ok okay fine good work works worked working run runs ran running start starts started build builds built compile compiles compiled " +
    "make makes made get gets got gone new longer seem seems appear appears believe think verified verify confirmed confirm checked ensured tested locally likely probably hopefully " +
    "cover covers covered covering faster quicker speed behavior behaviour regression regressions unchanged refactor refactored improve improved suite full whole entire complete existing remaining"
  ).split(" "),
);
