import { defineDriver } from "../../sdk/index.ts";
import { notBrought } from "./_shared-database.ts";

/** MongoDB: Lodestar brings no server of it; it says what starts one. */
export default defineDriver({
  role: "database",
  ...notBrought({ engine: "mongodb", title: "MongoDB", image: "mongo:8", port: 27017 }),
});
