import { defineFixer } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

const OPTION = "--openssl-legacy-provider";

/** Old webpack hashes with MD4, which OpenSSL 3 (Node 17 and newer) gives only with its legacy provider. */
export default defineFixer({
  repair(failure) {
    if (!/ERR_OSSL_EVP_UNSUPPORTED|digital envelope routines::unsupported/.test(plain(failure))) return undefined;
    const service = failure.service === undefined ? {} : { service: failure.service };
    return {
      title: "let Node use OpenSSL's legacy provider",
      because: "ERR_OSSL_EVP_UNSUPPORTED: the build tool hashes with MD4, which OpenSSL 3 gives only on request",
      actions: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION, ...service }],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "MD4 on a new Node",
      failure: { phase: "build" },
      real: {
        files: { "hash.js": `require("node:crypto").createHash("md4").update("x").digest("hex");` },
        command: "node hash.js",
        cured: { env: { NODE_OPTIONS: OPTION } },
      },
      repairs: [{ do: "set-env", name: "NODE_OPTIONS", value: OPTION }],
    },
    {
      name: "counter: another failure of OpenSSL",
      failure: { phase: "build", output: "Error: error:0909006C:PEM routines:get_name:no start line" },
      repairs: undefined,
    },
  ],
});
