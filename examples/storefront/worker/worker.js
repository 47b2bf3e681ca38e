import { setTimeout as wait } from "node:timers/promises";
import { connect } from "@storefront/shared/database.js";
import { log } from "@storefront/shared/log.js";
import { shipWaiting } from "./ship.js";

const EVERY_MS = 1000;

const pool = connect();
log("worker ships what is ordered");
while (true) {
  const shipped = await shipWaiting(pool);
  if (shipped.length > 0) log(`shipped ${shipped.map((id) => `#${id}`).join(", ")}`);
  await wait(EVERY_MS);
}
