/**
 * What a secret looks like. Group 1, where a pattern has one, is context and stays readable; the rest of the match is
 * replaced. `hint` is a literal that every match contains: without it the pattern is not tried, which keeps 100 MB of
 * ordinary output cheap. Every repetition is bounded or cannot start twice in the same run of characters, so matching
 * is linear. Shapes come from the issuers' own documentation of their prefixes and lengths.
 */
export interface SecretShape {
  readonly kind: string;
  readonly hint: string | RegExp;
  readonly pattern: RegExp;
}

/** A value that only points to a secret, or stands for "none": `$NAME`, `${NAME}`, `{{ name }}`, `<token>`, `***`, `true`. */
const REFERENCE =
  "(?!\\[redacted|[\"'`]?(?:\\$|%[A-Za-z(]|\\{\\{|<|\\*{3}|x{4}|X{4}|process\\.env|import\\.meta|os\\.environ|ENV\\[)|(?:true|false|null|none|undefined|nil|yes|no)(?![A-Za-z0-9_-]))";
const NAME_END = "(?:SECRET(?:_KEY(?:_BASE)?)?|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)";
const KEY_END = "(?:[Pp]assword|[Pp]asswd|[Ss]ecret|[Tt]oken|[Aa]pi_?[Kk]ey|[Pp]rivate_?[Kk]ey|[Ss]ecret_?[Kk]ey)";
/** Not in the middle of a longer word, so that a run of base64 is looked at once and hashes never match. */
const START = "(?<![A-Za-z0-9_/+-])";
const END = "(?![A-Za-z0-9_-])";

function token(kind: string, hint: string, body: string): SecretShape {
  return { kind, hint, pattern: new RegExp(`${START}${body}${END}`, "g") };
}

export const SHAPES: readonly SecretShape[] = [
  {
    kind: "private-key",
    hint: "PRIVATE KEY",
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr]){1,4}[A-Za-z][A-Za-z-]{1,30}: [^\n\\]{1,200})*(?:(?:\s|\\[nr]|["'+]){0,200}[A-Za-z0-9+/=]{16,})+(?:(?:\s|\\[nr]){0,40}[A-Za-z0-9+/=]{1,15}(?![A-Za-z0-9]))?(?:(?:\s|\\[nr]){0,40}-----END [A-Z0-9 ]{1,60}-----)?/g,
  },
  token("aws-key", "A", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
  token("github-token", "gh", "gh[pousr]_[A-Za-z0-9]{36,255}"),
  token("github-token", "github_pat_", "github_pat_[A-Za-z0-9_]{22,255}"),
  token("gitlab-token", "glpat-", "glpat-[A-Za-z0-9_-]{20,255}"),
  token("npm-token", "npm_", "npm_[A-Za-z0-9]{36}"),
  token("slack-token", "xox", "xox[abeoprs]-[A-Za-z0-9-]{10,255}"),
  { kind: "slack-hook", hint: "hooks.slack.com", pattern: /(hooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,100}/g },
  token("stripe-key", "k_", "[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}"),
  token("stripe-key", "whsec_", "whsec_[A-Za-z0-9+/=]{24,255}"),
  token("google-key", "AIza", "AIza[A-Za-z0-9_-]{35}"),
  token("google-token", "ya29.", "ya29\\.[A-Za-z0-9_-]{20,2048}"),
  token("openrouter-key", "sk-or-", "sk-or-[A-Za-z0-9_-]{20,255}"),
  token("anthropic-key", "sk-ant-", "sk-ant-[A-Za-z0-9_-]{20,255}"),
  token("openai-key", "sk-", "sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,255}|[A-Za-z0-9]{32,64})"),
  token("jwt", "eyJ", "eyJ[A-Za-z0-9_-]{10,4096}\\.eyJ[A-Za-z0-9_-]{10,8192}\\.[A-Za-z0-9_-]{10,2048}"),
  {
    kind: "url-password",
    hint: "://",
    pattern: new RegExp(`(://[^\\s/:@"'<>\`]{0,256}:)${REFERENCE}[^\\s/@"'<>\`]{1,1024}(?=@)`, "g"),
  },
  {
    kind: "authorization",
    hint: /authorization/i,
    pattern:
      /(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer|basic|token)\s{1,4})(?!\[redacted|\$|<|\{)[A-Za-z0-9._~+/=-]{6,8192}/gi,
  },
  {
    kind: "authorization",
    hint: /bearer /i,
    pattern: /(\bbearer )(?=[A-Za-z._~+/=-]{0,64}[0-9])[A-Za-z0-9._~+/=-]{20,8192}/gi,
  },
  // NAME=value as a shell, a .env file or a build prints it; quoted values may hold spaces.
  {
    kind: "env",
    hint: new RegExp(`${NAME_END}["']?\\s?=`),
    pattern: new RegExp(
      `(${NAME_END}=)${REFERENCE}(?:"[^"\\n]{3,4096}"|'[^'\\n]{3,4096}'|[^\\s"'\`,;&|()<>]{3,4096})`,
      "g",
    ),
  },
  {
    kind: "env",
    hint: new RegExp(`${NAME_END} =`),
    pattern: new RegExp(`(${NAME_END} = ["'])${REFERENCE}[^"'\\n]{3,4096}(?=["'])`, "g"),
  },
  // NAME: value, as compose and YAML write it: only with a digit in it, so that prose is left alone.
  {
    kind: "env",
    hint: new RegExp(`${NAME_END}["']?:`),
    pattern: new RegExp(
      `(${NAME_END}["']?: {0,4}["']?)${REFERENCE}(?=[^\\s"'0-9]{0,256}[0-9])[A-Za-z0-9_+/=.!@#^*~-]{8,4096}(?=["',]|\\s|$)`,
      "g",
    ),
  },
  {
    kind: "json",
    hint: new RegExp(`${KEY_END}"\\s{0,4}:`),
    pattern: new RegExp(
      `("[A-Za-z0-9_]{0,60}${KEY_END}"\\s{0,4}:\\s{0,4}")${REFERENCE}[^"\\s\\\\^~<>]{8,4096}(?=")`,
      "g",
    ),
  },
  {
    kind: "parameter",
    hint: /(?:password|passwd|pwd|token|api_?key|client_secret)=/i,
    pattern: new RegExp(
      `((?<![A-Za-z0-9_.$])(?:password|passwd|pwd|access_token|auth_token|token|api_?key|client_secret)=)${REFERENCE}[^\\s"'\`,;&|()<>{}\\[\\].]{6,4096}(?=["'\`;&]|\\s|$)`,
      "gi",
    ),
  },
];
