import { defineDriver } from "../../sdk/index.ts";
import { notBrought } from "./_shared-database.ts";

/** MySQL (and MariaDB): Lodestar brings no server of it; it says what starts one. */
export default defineDriver({
  role: "database",
  ...notBrought({ engine: "mysql", title: "MySQL", image: "-e MYSQL_ALLOW_EMPTY_PASSWORD=1 mysql:8", port: 3306 }),
});
