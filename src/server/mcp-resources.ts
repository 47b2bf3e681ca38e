import { ResourceTemplate, type McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ErrorCode, McpError, type ReadResourceResult } from "@modelcontextprotocol/sdk/types.js";
import type { Repo } from "../sdk/index.ts";
import { meantBy, type McpContext } from "./mcp-context.ts";

const RECEIPTS = "lodestar://receipts";
const DOCS = "lodestar://docs/";
/** Receipts in the list, and those that are offered one by one; the newest first. */
const MOST_RECEIPTS = 100;
const OFFERED = 20;
const MOST_DOCS = 200;
/** What a person opens first: the README and what lies directly in `docs/`. */
const DOC = /^(readme(\.(md|markdown|rst|txt))?|docs\/[^/]+\.md)$/i;

/** Receipts of this machine, and the documents of the repository that the client stands for. */
export function addResources(server: McpServer, context: McpContext): void {
  const { hands } = context.machine;
  server.registerResource(
    "receipts",
    RECEIPTS,
    { title: "Receipts", description: "What was proved, newest first", mimeType: "application/json" },
    async () =>
      one(RECEIPTS, "application/json", JSON.stringify((await receiptsOf(context)).slice(0, MOST_RECEIPTS), null, 2)),
  );
  server.registerResource(
    "receipt",
    new ResourceTemplate(`${RECEIPTS}/{id}`, { list: () => listReceipts(context) }),
    {
      title: "Receipt",
      description: "One signed receipt: verdict, claims, checks, evidence",
      mimeType: "text/markdown",
    },
    async (uri, { id }) => {
      const name = String(id);
      const stored = await hands.receipt(name);
      if (!stored) throw missing(`There is no receipt ${name}`, RECEIPTS);
      const format = hands.plugins.formats.find(({ plugin }) => plugin.name === "markdown")?.plugin;
      return format
        ? one(uri.href, format.mediaType, format.write(stored.receipt, { id: name, version: hands.version }))
        : one(uri.href, "application/json", JSON.stringify(stored.receipt, null, 2));
    },
  );
  server.registerResource(
    "docs",
    new ResourceTemplate(`${DOCS}{+path}`, { list: () => listDocs(context) }),
    {
      title: "Documents",
      description: "README and docs/*.md of the repository, as committed",
      mimeType: "text/markdown",
    },
    async (uri, { path }) => {
      const name = decoded(String(path));
      const text = name === undefined ? undefined : await readDoc(context, name);
      if (text === undefined)
        throw missing(`There is no document ${name ?? uri.href} of at most 1 MiB`, "resources/list");
      return one(uri.href, "text/markdown", hands.secrets.redact(text));
    },
  );
}

/** Of the repository that is meant, else of all. */
async function receiptsOf(context: McpContext) {
  const { machine } = context;
  await machine.catchUp();
  const repo = await repoOf(context);
  const states = [...machine.views.repos.values()].filter((state) => !repo || state.repo === repo.id);
  return states
    .flatMap((state) =>
      state.receipts.map(({ receipt: id, kind, verdict, sentence, commit, at }) => {
        return { id, uri: `${RECEIPTS}/${id}`, repo: state.name, kind, verdict, sentence, commit, at };
      }),
    )
    .sort((a, b) => b.at.localeCompare(a.at));
}

async function listReceipts(context: McpContext) {
  const receipts = (await receiptsOf(context)).slice(0, OFFERED);
  return {
    resources: receipts.map(({ id, uri, verdict, sentence }) => ({
      name: `receipt ${id}`,
      uri,
      description: `${verdict}: ${sentence}`,
      mimeType: "text/markdown",
    })),
  };
}

async function listDocs(context: McpContext) {
  const repo = await repoOf(context);
  // Untracked files are among `files`.
  const named = repo ? (await repo.git.files()).filter((file) => DOC.test(file)) : [];
  const tracked = repo && named.length > 0 ? await repo.git.tracked(named) : [];
  return {
    resources: tracked.slice(0, MOST_DOCS).map((path) => ({
      name: path,
      uri: `${DOCS}${path.split("/").map(encodeURIComponent).join("/")}`,
      mimeType: "text/markdown",
    })),
  };
}

/** Out of git's own objects (at most 1 MiB), never through the file system: a link in the working tree leads nowhere from here. */
async function readDoc(context: McpContext, path: string): Promise<string | undefined> {
  const repo = DOC.test(path) ? await repoOf(context) : undefined;
  if (!repo) return undefined;
  const { commit } = await repo.git.head();
  return repo.git.show(commit, path);
}

/** The repository that the client stands for; undefined when it stands for none, or for one that cannot be read. */
async function repoOf(context: McpContext): Promise<Repo | undefined> {
  return (await meantBy(context, undefined).catch(() => undefined))?.repo;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function one(uri: string, mimeType: string, text: string): ReadResourceResult {
  return { contents: [{ uri, mimeType, text }] };
}

function missing(what: string, list: string): McpError {
  return new McpError(ErrorCode.InvalidParams, `${what}; next: read ${list}`);
}
