import { defineDriver } from "../../sdk/index.ts";
import { loopbackUrl, notBrought } from "./_shared-database.ts";

/** RabbitMQ: Lodestar runs the repo's own compose service, or says what starts a server. */
export default defineDriver({
  role: "database",
  ...notBrought({
    engine: "rabbitmq",
    title: "RabbitMQ",
    image: "rabbitmq:4",
    port: 5672,
    container: {
      images: ["rabbitmq"],
      // `AMQP`, version 0.9.1; it answers with a method on channel 0.
      greeting: { send: "414d515000000901", expect: "^010000" },
      url({ environment: env }, port) {
        const user = env["RABBITMQ_DEFAULT_USER"] ?? "guest";
        const password = env["RABBITMQ_DEFAULT_PASS"] ?? "guest";
        const host = env["RABBITMQ_DEFAULT_VHOST"] ?? "/";
        const url = loopbackUrl("amqp", { user, password, port, path: host });
        // Without a path, clients use the virtual host `/`.
        return host === "/" ? url.replace(/\/%2F$/, "") : url;
      },
      examples: [
        { name: "as it comes", container: { environment: {}, command: "" }, url: "amqp://guest:guest@127.0.0.1:5400" },
        {
          name: "a user and a virtual host",
          container: {
            environment: {
              RABBITMQ_DEFAULT_USER: "u",
              RABBITMQ_DEFAULT_PASS: "p",
              RABBITMQ_DEFAULT_VHOST: "shop",
            },
            command: "",
          },
          url: "amqp://u:p@127.0.0.1:5400/shop",
        },
      ],
    },
  }),
});
