import { defineDriver } from "../../sdk/index.ts";
import { notBrought } from "./_shared-database.ts";

/** RabbitMQ: Lodestar brings no server of it; it says what starts one. */
export default defineDriver({
  role: "database",
  ...notBrought({ engine: "rabbitmq", title: "RabbitMQ", image: "rabbitmq:4", port: 5672 }),
});
