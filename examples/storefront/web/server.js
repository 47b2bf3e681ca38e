import { createServer } from "node:http";
import { answerWith } from "@storefront/shared/http.js";
import { log } from "@storefront/shared/log.js";
import { page } from "./page.js";

const port = Number(process.env.PORT ?? 3000);
const api = process.env.API_URL ?? "http://localhost:3000";

const routes = {
  "GET /": async () => ({ body: page(await ask("/products")) }),
  "GET /health": async () => {
    try {
      return { body: { ok: true, api: (await ask("/health")).ok } };
    } catch (error) {
      log(`error: not healthy: ${error.message}`);
      return { status: 503, body: { ok: false, error: error.message } };
    }
  },
};

createServer(answerWith(routes)).listen(port, () => log(`web listens on http://localhost:${port}`));

async function ask(path) {
  const response = await fetch(new URL(path, api), { signal: AbortSignal.timeout(3000) }).catch((error) => {
    throw new Error(`the API at ${api} does not answer: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`the API at ${api} answers ${path} with ${response.status}`);
  return response.json();
}
