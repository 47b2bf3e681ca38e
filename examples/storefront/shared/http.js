import { createServer } from "node:http";
import { log } from "./log.js";

/**
 * Serves `routes`: a map of "METHOD /path" to a handler that gets the request and returns `{ status, headers, body }`.
 * A body that is no text is sent as JSON. What a handler throws is logged and answered with 500.
 */
export function serve(name, port, routes) {
  const server = createServer((request, response) => void respond(routes, request, response));
  server.listen(port, () => log(`${name} listens on http://localhost:${server.address().port}`));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close(() => process.exit(0)));
  return server;
}

/** The JSON of a request's body; anything that is no JSON, or more than 64 KiB, is `undefined`. */
export async function readJson(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 65_536) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function respond(routes, request, response) {
  const { status = 200, headers = {}, body } = await answer(routes, request);
  const isPage = typeof body === "string";
  response.writeHead(status, { "content-type": isPage ? "text/html; charset=utf-8" : "application/json", ...headers });
  response.end(isPage ? body : JSON.stringify(body));
}

async function answer(routes, request) {
  const route = routes[`${request.method} ${request.url.split("?")[0]}`];
  if (!route) return { status: 404, body: { error: "no such page" } };
  try {
    return await route(request);
  } catch (error) {
    log(`error: ${request.method} ${request.url}: ${error.message}`);
    return { status: 500, body: { error: error.message } };
  }
}
