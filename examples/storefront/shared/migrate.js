import { readdir, readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, transaction } from "./database.js";
import { log } from "./log.js";

/** Applies the `*.sql` files of a folder that were not applied yet, in order, each in a transaction; returns their names. */
export async function migrate(pool, folder) {
  await pool.query("create table if not exists migrations (name text primary key, at timestamptz default now())");
  const owner = basename(resolve(folder, ".."));
  const applied = [];
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort()) {
    const name = `${owner}/${file}`;
    const sql = await readFile(resolve(folder, file), "utf8");
    const isNew = await transaction(pool, async (client) => {
      const claimed = await client.query("insert into migrations (name) values ($1) on conflict do nothing", [name]);
      if (claimed.rowCount === 1) await client.query(sql);
      return claimed.rowCount === 1;
    });
    if (isNew) applied.push(name);
  }
  return applied;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pool = connect();
  try {
    const applied = await migrate(pool, process.argv[2] ?? "migrations");
    log(applied.length > 0 ? `applied ${applied.join(", ")}` : "nothing to migrate");
  } finally {
    await pool.end();
  }
}
