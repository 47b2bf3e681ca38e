// What action.yml runs: `lodestar prove` on a checkout of GitHub Actions. Inputs come as LODESTAR_<NAME> of the environment
// and as the event's JSON file, never through a shell. Exit status: 0 goes on, 1 as `fail-on` says, else there is no proof.
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { annotate, comment, preformatted, printForeign, setOutputs, writeSummary } from "./_action-github.mjs";

const PROGRAM = fileURLToPath(new URL("../bin/lodestar.mjs", import.meta.url));
const LEVELS = { verified: "notice", refuted: "error", unprovable: "warning" };
const APPARMOR = "kernel.apparmor_restrict_unprivileged_userns";
const env = process.env;

process.exitCode = await main();

async function main() {
  const failOn = input("fail-on") || "refuted";
  if (!["refuted", "unprovable"].includes(failOn)) return failed(`fail-on is refuted or unprovable, not ${failOn}`);
  const event = readEvent();
  const folder = resolve(env.GITHUB_WORKSPACE ?? ".", input("path") || ".");
  const base = await baseOf(event, folder);
  if (base.missing !== undefined)
    return failed(`The base ${base.missing} is not in this checkout. Give actions/checkout fetch-depth: 0`);
  await furnish();
  const data = env.LODESTAR_HOME || join(env.RUNNER_TEMP ?? tmpdir(), "lodestar");
  const { status, proof, said } = await prove({ folder, data, base: base.commit, claim: claimOf(event) });
  if (!proof) return failed(said, status);
  await report(proof, { data, event });
  const isBad = proof.verdict === "refuted" || (failOn === "unprovable" && proof.verdict !== "verified");
  return isBad ? 1 : 0;
}

function input(name) {
  return (env[`LODESTAR_${name.toUpperCase().replaceAll("-", "_")}`] ?? "").trim();
}

function readEvent() {
  return env.GITHUB_EVENT_PATH ? JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")) : {};
}

/** What the author says of the change: the input, else title and body; undefined leaves it to the messages of the commits. */
function claimOf({ pull_request: pull }) {
  if (input("claim") !== "") return input("claim");
  return pull ? [pull.title, pull.body].filter(Boolean).join("\n\n") : undefined;
}

/**
 * What to compare with: the input; where a pull request left its base; what a merge queue or a push began with. A base that a
 * shallow checkout lacks is fetched. Nothing for a new branch, or a push over a commit that is gone: `prove` chooses then.
 */
async function baseOf({ pull_request: pull, merge_group: queue, before }, folder) {
  const asked = input("base");
  const told = pull?.base?.sha ?? queue?.base_sha ?? before;
  const wanted = asked || (/^[0-9a-f]{40,64}$/.test(told ?? "") && !/^0+$/.test(told) ? told : "");
  if (wanted === "") return {};
  const named = (ref) => git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
  const commit = (await named(wanted)) ?? (await fetched(folder, wanted, named));
  if (!commit) return asked || pull || queue ? { missing: wanted } : {};
  return { commit: (pull && !asked && (await git(folder, "merge-base", commit, "HEAD"))) || commit };
}

/** A branch holds it: copies of a shallow repository have only what a branch or a tag leads to. */
async function fetched(folder, wanted, named) {
  const to = "refs/heads/lodestar-base";
  await git(folder, "fetch", "--quiet", "--no-tags", "--depth=1", "--", "origin", `+${wanted}:${to}`);
  return named(to);
}

/** Brings the sandbox where it is missing. Settings of the kernel are changed on GitHub's throw-away machines only. */
async function furnish() {
  if (env.GITHUB_ACTIONS !== "true" || process.platform !== "linux") return;
  if (!(await output("bwrap", ["--version"]))) {
    console.log("Installing bubblewrap, in which everything of this repository runs");
    const quiet = ["-n", "apt-get", "-qq"];
    await output("sudo", [...quiet, "update"]);
    await output("sudo", [...quiet, "install", "--yes", "--no-install-recommends", "bubblewrap"]);
  }
  const probe = ["--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "true"];
  const works = async () => (await output("bwrap", probe)) !== undefined;
  if (await works()) return;
  const isForbidden = existsSync(`/proc/sys/${APPARMOR.replaceAll(".", "/")}`);
  if (isForbidden && env.RUNNER_ENVIRONMENT === "github-hosted") {
    console.log(`Allowing user namespaces on this machine: sysctl ${APPARMOR}=0`);
    await output("sudo", ["-n", "sysctl", "-q", "-w", `${APPARMOR}=0`]);
  }
  if (await works()) return;
  const how =
    input("trust") === "true" ? "it runs unsandboxed, as trust: true says" : "nothing is run without trust: true";
  annotate("warning", `No sandbox works on this runner: ${how}`);
}

/** Runs `lodestar prove`. The claim goes by stdin: whoever opens a pull request writes it. */
async function prove({ folder, data, base, claim }) {
  const words = ["prove", folder, "--json", `--data-dir=${data}`];
  if (base !== undefined) words.push(`--base=${base}`);
  if (claim !== undefined) words.push("--claim=-");
  for (const name of ["checks", "budget"]) if (input(name) !== "") words.push(`--${name}=${input(name)}`);
  if (input("trust") === "true") words.push("--trust");
  await mkdir(data, { recursive: true, mode: 0o700 });
  const { status, stdout, stderr } = await lodestar(words, claim);
  const answer = parsed(stdout);
  if (typeof answer?.verdict === "string") return { status, proof: answer };
  const { message = stderr || stdout, next } = answer?.error ?? {};
  return { status, said: next === undefined ? message : `${message} Next: ${next}` };
}

async function report(proof, { data, event }) {
  const { verdict, sentence, receipt } = proof;
  const shown = receipt === null ? undefined : await exported(receipt, { data, format: "markdown", ending: "md" });
  const markdown = shown?.text ?? withoutReceipt(proof);
  const sarif = input("sarif") === "true" && receipt !== null;
  const table = sarif ? await exported(receipt, { data, format: "sarif", ending: "sarif" }) : undefined;
  const file = receipt === null ? "" : join(data, "receipts", `${receipt}.json`);
  await setOutputs({ verdict, sentence, receipt: file, sarif: table?.file ?? "" }, env);
  printForeign(markdown);
  annotate(LEVELS[verdict] ?? "warning", sentence);
  if (input("comment") === "false") return;
  await writeSummary(markdown, env);
  const [token, number] = [input("github-token"), event.pull_request?.number];
  if (token === "" || number === undefined) return;
  await comment(markdown, { number, token, env }).catch((error) =>
    annotate("warning", `The pull request has no comment: ${error.message}`),
  );
}

/** A receipt in a format of `receipts export`, beside the receipts; undefined when it cannot be written. */
async function exported(receipt, { data, format, ending }) {
  const file = join(data, `${receipt}.${ending}`);
  const words = ["receipts", "export", receipt, `--format=${format}`, `--output=${file}`, `--data-dir=${data}`];
  const { status, stderr } = await lodestar(words);
  if (status === 0) return { file, text: await readFile(file, "utf8") };
  printForeign(stderr);
  return undefined;
}

function withoutReceipt({ sentence, questions }) {
  const lines = [sentence, ...questions.map(({ question, next }) => `${question}\n  next: ${next}`)];
  return `## Not proved\n\n${preformatted(lines.join("\n"))}`;
}

/** No proof is no green: the step fails, and says why. */
function failed(why, status = 2) {
  annotate("error", why);
  return status || 3;
}

function lodestar(words, text = "") {
  // The repository's own programs are not to see what the runner gave this action.
  const isOurs = ([name]) => !/^(?:LODESTAR_(?!HOME$)|ACTIONS_|GITHUB_|INPUT_)/.test(name);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...words], {
    env: Object.fromEntries(Object.entries(env).filter(isOurs)),
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(text);
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"])
    child[name].setEncoding("utf8").on("data", (chunk) => {
      said[name] += chunk;
    });
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (status) => done({ status, ...said }));
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function git(folder, ...words) {
  const text = await output("git", ["-c", "safe.directory=*", "-C", folder, ...words]);
  return text?.trim();
}

/** What a program prints; undefined when it is not there or fails. */
function output(program, words) {
  return new Promise((done) =>
    execFile(program, words, { timeout: 300_000 }, (error, stdout) => done(error ? undefined : stdout)),
  );
}
