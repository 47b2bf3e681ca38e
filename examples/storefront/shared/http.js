import { log } from "./log.js";

/**
 * A request listener for `routes`: a map of "METHOD /path" to a handler that gets the request and returns
 * `{ status, headers, body }`. A text is sent as a page, anything else as JSON; what a handler throws is answered with 500.
 */
export function answerWith(routes) {
  return (request, response) => void respond(routes, request, response);
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
