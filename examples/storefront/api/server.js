import { createServer } from "node:http";
import { connect } from "@storefront/shared/database.js";
import { required } from "@storefront/shared/env.js";
import { answerWith } from "@storefront/shared/http.js";
import { log } from "@storefront/shared/log.js";
import { routes } from "./routes.js";
import { products } from "./shop.js";

const secret = required("SESSION_SECRET");
const port = Number(process.env.PORT ?? 3000);

const pool = connect();
// An API without its tables is of no use: better not to start than to answer every customer with 500.
await products(pool);

createServer(answerWith(routes(pool, secret))).listen(port, () => log(`api listens on http://localhost:${port}`));
