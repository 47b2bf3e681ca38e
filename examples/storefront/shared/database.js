import { Pool } from "pg";
import { required } from "./env.js";
import { log } from "./log.js";

/** A pool on DATABASE_URL. `schema` keeps a test in a schema of its own. */
export function connect(schema) {
  const pool = new Pool({
    connectionString: required("DATABASE_URL"),
    ...(schema ? { options: `-c search_path=${schema}` } : {}),
  });
  // An idle connection that the server closes is replaced by the pool; without a listener it would end the process.
  pool.on("error", (error) => log(`database: ${error.message}`));
  return pool;
}

/** Runs `work` with one connection: all of it is kept, or nothing. */
export async function transaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
