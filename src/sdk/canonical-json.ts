/**
 * JSON with sorted keys and without spaces: equal values give equal text, so it can be hashed. What JSON cannot carry
 * is left out or becomes null exactly as `JSON.stringify` does it; a top-level `undefined` is `null`.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys) ?? "null";
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.every((key, index) => index === 0 || (keys[index - 1] ?? "") <= key)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
