/** Everything the API knows about the shop, as questions to the database. */
export async function products(pool) {
  return (await pool.query("select id, name, cents from products order by name")).rows;
}

/** Records an order; undefined when there is no such product. */
export async function order(pool, session, product) {
  const placed = await pool.query(
    "insert into orders (session, product) select $1, id from products where id = $2 returning id",
    [session, product],
  );
  return placed.rows[0]?.id;
}

export async function ordersOf(pool, session) {
  const found = await pool.query(
    `select orders.id, products.name, shipments.at is not null as shipped
       from orders join products on products.id = orders.product left join shipments on shipments."order" = orders.id
      where session = $1 order by orders.id`,
    [session],
  );
  return found.rows;
}

/** How many products there are, and how many orders wait to be shipped. */
export async function health(pool) {
  const counted = await pool.query(
    `select (select count(*)::int from products) as products,
            (select count(*)::int from orders where id not in (select "order" from shipments)) as waiting`,
  );
  return counted.rows[0];
}
