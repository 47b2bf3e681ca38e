/**
 * The key by which an agent's settings open `/hooks` and nothing else. One for a repo speaks of that repo only; without a repo, of
 * every one. `secret` never leaves the data dir, and from a key nobody learns it. 32 hex digits.
 */
export function hookKey(secret: string, repo: string | undefined, hash: (text: string) => string): string {
  return hash(`${hash(secret)} lodestar hook ${repo ?? "every repo"}`).slice(0, 32);
}
