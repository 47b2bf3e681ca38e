// What a GitHub runner reads from an action: outputs, the job summary, annotations, and a comment by GitHub's API.
// Text of the repository or of a pull request is data here: it never becomes a command of the runner or markup.
import { appendFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";

const MARK = "<!-- lodestar prove -->";
const PAGES = 10;

/** Sets outputs of the step. A delimiter that nobody can guess keeps a value from ending early. */
export async function setOutputs(outputs, env) {
  if (!env.GITHUB_OUTPUT) return;
  for (const [name, value] of Object.entries(outputs)) {
    const end = `end-${randomUUID()}`;
    await appendFile(env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`);
  }
}

export async function writeSummary(markdown, env) {
  if (env.GITHUB_STEP_SUMMARY) await appendFile(env.GITHUB_STEP_SUMMARY, `${markdown}\n`);
}

/** Prints foreign text; the runner takes no command from it. */
export function printForeign(text) {
  const token = randomUUID();
  console.log(`::stop-commands::${token}\n${text}\n::${token}::`);
}

/** `level` is error, warning or notice. */
export function annotate(level, text) {
  const safe = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  console.log(`::${level} title=Lodestar::${safe}`);
}

/** Text as it is, for Markdown that GitHub shows: no markup, no mention. */
export function preformatted(text) {
  return `<pre>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</pre>`;
}

/** Writes the comment of this action on a pull request, or replaces the one that it wrote before. */
export async function comment(markdown, { number, token, env }) {
  const api = `${env.GITHUB_API_URL ?? "https://api.github.com"}/repos/${env.GITHUB_REPOSITORY}/issues`;
  const body = JSON.stringify({ body: `${MARK}\n${markdown}` });
  const old = await ownComment(`${api}/${number}/comments`, token);
  if (old === undefined) await ask(`${api}/${number}/comments`, { method: "POST", token, body });
  else await ask(`${api}/comments/${old.id}`, { method: "PATCH", token, body });
}

/** Anybody can write the mark, so only a bot's comment counts. */
async function ownComment(url, token) {
  for (let page = 1; page <= PAGES; page++) {
    const comments = await ask(`${url}?per_page=100&page=${page}`, { method: "GET", token });
    const own = comments.find((one) => one.user?.type === "Bot" && one.body?.startsWith(MARK));
    if (own || comments.length < 100) return own;
  }
  return undefined;
}

async function ask(url, { method, token, body }) {
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "user-agent": "lodestar",
  };
  const sent = body === undefined ? {} : { body };
  const answer = await fetch(url, { ...sent, method, headers, signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`GitHub answers ${answer.status} to ${method} ${new URL(url).pathname}`);
  return answer.json();
}
