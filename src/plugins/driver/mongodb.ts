import { defineDriver } from "../../sdk/index.ts";
import { loopbackUrl, notBrought } from "./_shared-database.ts";

/** `{ hello: 1, $db: "admin" }` as an OP_MSG: a client may ask it before it logs in. */
const HELLO =
  "340000000100000000000000dd07000000000000001f0000001068656c6c6f000100000002246462000600000061646d696e0000";

/** MongoDB: Lodestar runs the repo's own compose service, or says what starts a server. */
export default defineDriver({
  role: "database",
  ...notBrought({
    engine: "mongodb",
    title: "MongoDB",
    image: "mongo:8",
    port: 27017,
    container: {
      images: ["mongo", "mongodb", "mongodb-community-server"],
      greeting: { send: HELLO, expect: "^.{24}dd070000" },
      url({ environment: env }, port) {
        const user = env["MONGO_INITDB_ROOT_USERNAME"] ?? "";
        const password = env["MONGO_INITDB_ROOT_PASSWORD"] ?? "";
        const secret = Object.keys(env).some((name) => /^MONGO_INITDB_ROOT_.*_FILE$/.test(name));
        if (secret && (user === "" || password === "")) return undefined;
        const url = loopbackUrl("mongodb", { user, password, port, path: env["MONGO_INITDB_DATABASE"] ?? "" });
        // Its users live in `admin`, whichever database is named.
        return user === "" ? url : `${url}?authSource=admin`;
      },
      examples: [
        { name: "open", container: { environment: {}, command: "" }, url: "mongodb://127.0.0.1:5400/" },
        {
          name: "with a user",
          container: {
            environment: {
              MONGO_INITDB_ROOT_USERNAME: "root",
              MONGO_INITDB_ROOT_PASSWORD: "p",
              MONGO_INITDB_DATABASE: "shop",
            },
            command: "",
          },
          url: "mongodb://root:p@127.0.0.1:5400/shop?authSource=admin",
        },
        {
          name: "a password from a secret",
          container: { environment: { MONGO_INITDB_ROOT_PASSWORD_FILE: "/run/secrets/p" }, command: "" },
          url: undefined,
        },
      ],
    },
  }),
});
