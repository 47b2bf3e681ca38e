import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@storefront/shared/database.js";
import { log } from "@storefront/shared/log.js";
import { shipWaiting } from "./ship.js";

const EVERY_MS = 1000;

const pool = connect();
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

log("worker ships what is ordered");
while (!stop.signal.aborted) {
  const shipped = await shipWaiting(pool);
  if (shipped.length > 0) log(`shipped ${shipped.map((id) => `#${id}`).join(", ")}`);
  await wait(EVERY_MS, undefined, { signal: stop.signal }).catch(() => log("worker stops"));
}
await pool.end();
