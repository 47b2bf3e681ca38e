import { defineFixer } from "../../sdk/index.ts";
import { databaseOf, plain, startDatabase } from "./_shared.ts";
import { planWithDatabase } from "./_shared-databases.ts";

const SAYS: readonly { says: RegExp; engine: string }[] = [
  { says: /database "[^"]+" does not exist|database \\"[^"]+\\" does not exist/, engine: "postgres" },
  { says: /P1003[\s\S]{0,200}?Database `[^`]+` does not exist/, engine: "postgres" },
  { says: /ActiveRecord::NoDatabaseError/, engine: "postgres" },
  { says: /Unknown database '[^']+'/, engine: "mysql" },
];

/** The server answers and has no such database. Lodestar creates only databases of its own, so the program is given one. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const found = SAYS.find(({ says, engine }) => says.test(output) && databaseOf(failure, engine));
    if (!found) return undefined;
    return {
      title: `created a ${found.engine} database`,
      because: found.says.exec(output)?.[0].split("\n").at(-1)?.trim() ?? "the database does not exist",
      actions: [startDatabase(failure, found.engine)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "Postgres",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: `error: database "storefront" does not exist\n  severity: 'FATAL',\n  code: '3D000',`,
      },
      repairs: [{ do: "start-database", engine: "postgres", env: "DATABASE_URL" }],
    },
    {
      name: "Prisma",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: "Error: P1003\n\nDatabase `shop` does not exist on the database server at `localhost:5432`.",
      },
      repairs: [{ do: "start-database" }],
    },
    {
      name: "MySQL",
      failure: {
        plan: planWithDatabase("mysql", "MYSQL_URL"),
        output: "Error: ER_BAD_DB_ERROR: Unknown database 'shop'",
      },
      repairs: [{ do: "start-database", engine: "mysql", env: "MYSQL_URL" }],
    },
    {
      name: "counter: a table is missing, not the database",
      failure: {
        plan: planWithDatabase("postgres", "DATABASE_URL"),
        output: `error: relation "orders" does not exist`,
      },
      repairs: undefined,
    },
    {
      name: "counter: nobody knows which variable names the database",
      failure: { output: `error: database "storefront" does not exist` },
      repairs: undefined,
    },
  ],
});
