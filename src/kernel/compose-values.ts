/** Variables by name. */
export type Values = Readonly<Record<string, string>>;

/** `$NAME`, `${NAME}`, `${NAME:-other}`, `${NAME:?message}`, `${NAME:+other}`; without the colon an empty value counts as one. */
const VARIABLE = /\$(?:\{(\w+)(?:(:?[-?+])([^{}]*))?\}|([A-Za-z_]\w*))/g;
/** A value may stand in the default of another one, so deep at most. */
const DEPTH = 5;

/**
 * A parsed compose file's part with its variables filled in, as Docker does it: one that is not set is empty. `missing` are
 * those that the file insists on.
 */
export function variablesIn(value: unknown, values: Values): { value: unknown; missing: string[] } {
  const missing = new Set<string>();
  const filled = textsIn(value, (text) => fill(text, values, missing));
  return { value: filled, missing: [...missing] };
}

/** The same value with `change` applied to every text in it, but not to keys. */
export function textsIn(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => textsIn(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, textsIn(one, change)]));
}

/** The lines of an env file: `NAME=value`, with or without `export` and quotes; what is none is left out. */
export function envLines(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, raw = ""] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(raw)?.[2];
    values[name] = quoted ?? raw.replace(/\s+#.*$/, "").trim();
  }
  return values;
}

function fill(text: string, values: Values, missing: Set<string>): string {
  // `$$` is a dollar sign and no variable.
  let filled = text.replaceAll("$$", "\0");
  for (let depth = 0; depth < DEPTH && filled.includes("$"); depth++)
    filled = filled.replaceAll(VARIABLE, (_, braced: string | undefined, rule = "", other = "", plain = "") =>
      valueOf({ name: braced ?? plain, rule, other }, values, missing),
    );
  return filled.replaceAll("\0", "$");
}

function valueOf(
  { name, rule, other }: { name: string; rule: string; other: string },
  values: Values,
  missing: Set<string>,
): string {
  const value = values[name];
  const isThere = value !== undefined && !(rule.startsWith(":") && value === "");
  if (rule.endsWith("+")) return isThere ? other : "";
  if (isThere) return value;
  if (rule.endsWith("?")) missing.add(name);
  return rule.endsWith("-") ? other : "";
}
