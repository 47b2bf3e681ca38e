import { connect } from "@storefront/shared/database.js";
import { portOf, required } from "@storefront/shared/env.js";
import { serve } from "@storefront/shared/http.js";
import { routes } from "./routes.js";
import { products } from "./shop.js";

const secret = required("SESSION_SECRET");
const pool = connect();
// An API without its tables is of no use: better not to start than to answer every customer with 500.
await products(pool);
serve("api", portOf(3000), routes(pool, secret));
