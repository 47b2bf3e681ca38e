import { connect } from "@storefront/shared/database.js";
import { log } from "@storefront/shared/log.js";

const PRODUCTS = [
  ["Brass compass", 4200],
  ["Folding lantern", 2650],
  ["Star chart, northern sky", 1800],
  ["Waxed notebook", 950],
];

const pool = connect();
try {
  let added = 0;
  for (const product of PRODUCTS) {
    const done = await pool.query("insert into products (name, cents) values ($1, $2) on conflict do nothing", product);
    added += done.rowCount;
  }
  log(`seeded ${added} of ${PRODUCTS.length} products`);
} finally {
  await pool.end();
}
