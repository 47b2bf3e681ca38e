/** Marks every order that waits as shipped; returns their ids. Two workers at once never ship one order twice. */
export async function shipWaiting(pool) {
  const shipped = await pool.query(
    `insert into shipments ("order") select id from orders where id not in (select "order" from shipments)
     on conflict do nothing returning "order"`,
  );
  return shipped.rows.map((row) => row.order);
}
