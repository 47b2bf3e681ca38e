import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect } from "@storefront/shared/database.js";
import { migrate } from "@storefront/shared/migrate.js";
import { shipWaiting } from "../worker/ship.js";
import { health, order, ordersOf, products } from "./shop.js";

const skip = process.env.DATABASE_URL ? false : "DATABASE_URL is not set";

describe("the shop, in a schema of its own", () => {
  const schema = `test_${process.pid}`;
  let pool;

  before(async () => {
    if (skip) return;
    pool = connect(schema);
    await pool.query(`create schema ${schema}`);
    await migrate(pool, `${import.meta.dirname}/migrations`);
    await migrate(pool, `${import.meta.dirname}/../worker/migrations`);
    await pool.query("insert into products (name, cents) values ('Kite', 1500), ('Anchor', 9900)");
  });
  after(async () => {
    if (skip) return;
    await pool.query(`drop schema ${schema} cascade`);
    await pool.end();
  });

  test("products are listed by name", { skip }, async () => {
    assert.deepEqual(
      (await products(pool)).map((product) => product.name),
      ["Anchor", "Kite"],
    );
  });

  test("migrating again changes nothing", { skip }, async () => {
    assert.deepEqual(await migrate(pool, `${import.meta.dirname}/migrations`), []);
  });

  test("an order waits until the worker ships it, once", { skip }, async () => {
    const [product] = await products(pool);
    const id = await order(pool, "me", product.id);
    assert.deepEqual(await health(pool), { products: 2, waiting: 1 });
    assert.deepEqual(await shipWaiting(pool), [id]);
    assert.deepEqual(await shipWaiting(pool), []);
    assert.deepEqual(await ordersOf(pool, "me"), [{ id, name: "Anchor", shipped: true }]);
  });

  test("a product that does not exist cannot be ordered", { skip }, async () => {
    assert.equal(await order(pool, "me", 999), undefined);
  });
});
