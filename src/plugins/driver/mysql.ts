import { defineDriver } from "../../sdk/index.ts";
import { loopbackUrl, notBrought } from "./_shared-database.ts";

/** MySQL (and MariaDB): Lodestar runs the repo's own compose service, or says what starts a server. */
export default defineDriver({
  role: "database",
  ...notBrought({
    engine: "mysql",
    title: "MySQL",
    image: "-e MYSQL_ALLOW_EMPTY_PASSWORD=1 mysql:8",
    port: 3306,
    container: {
      images: ["mysql", "mariadb", "percona", "mysql-server", "percona-server"],
      // It speaks first: the length of the packet, its number, and the protocol's version 10. An error (ff) is no greeting.
      greeting: { expect: "^.{6}000a" },
      url({ environment: env }, port) {
        const value = (name: string) => env[`MYSQL_${name}`] ?? env[`MARIADB_${name}`];
        const isOpen = value("ALLOW_EMPTY_PASSWORD") ?? value("ALLOW_EMPTY_ROOT_PASSWORD");
        const path = value("DATABASE") ?? "";
        const [user, password] = [value("USER"), value("PASSWORD")];
        if (user !== undefined && password !== undefined) return loopbackUrl("mysql", { user, password, port, path });
        const root = value("ROOT_PASSWORD");
        if (root === undefined && isOpen === undefined) return undefined;
        return loopbackUrl("mysql", { user: "root", password: root ?? "", port, path });
      },
      examples: [
        {
          name: "a user with a database",
          container: {
            environment: {
              MYSQL_ROOT_PASSWORD: "r",
              MYSQL_USER: "shop",
              MYSQL_PASSWORD: "p@ss",
              MYSQL_DATABASE: "shop",
            },
            command: "",
          },
          url: "mysql://shop:p%40ss@127.0.0.1:5400/shop",
        },
        {
          name: "MariaDB's names, only root",
          container: { environment: { MARIADB_ROOT_PASSWORD: "r", MARIADB_DATABASE: "shop" }, command: "" },
          url: "mysql://root:r@127.0.0.1:5400/shop",
        },
        {
          name: "root without a password",
          container: { environment: { MYSQL_ALLOW_EMPTY_PASSWORD: "1" }, command: "" },
          url: "mysql://root@127.0.0.1:5400/",
        },
        {
          name: "a random password",
          container: { environment: { MYSQL_RANDOM_ROOT_PASSWORD: "yes" }, command: "" },
          url: undefined,
        },
      ],
    },
  }),
});
