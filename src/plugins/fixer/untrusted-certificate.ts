import { defineFixer, type Action, type Failure } from "../../sdk/index.ts";
import { plain } from "./_shared.ts";

/** A chain that ends at an authority which Node does not ship: often a company's, which the system knows. */
const AUTHORITY =
  /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|self[- ]signed certificate in certificate chain|unable to get local issuer certificate/;
/** A certificate that no authority makes good. */
const CERTIFICATE =
  /DEPTH_ZERO_SELF_SIGNED_CERT|CERT_HAS_EXPIRED|ERR_TLS_CERT_ALTNAME_INVALID|CERTIFICATE_VERIFY_FAILED/;
const SYSTEM = "NODE_USE_SYSTEM_CA";

/** A certificate is not trusted. Checking is never switched off: Node is told to trust what the system trusts, or the user is asked. */
export default defineFixer({
  repair(failure) {
    const output = plain(failure);
    const certificate = CERTIFICATE.exec(output)?.[0];
    const authority = AUTHORITY.exec(output)?.[0];
    const says = certificate ?? authority;
    if (says === undefined) return undefined;
    const trusts = certificate === undefined && !failure.env.includes(SYSTEM);
    return {
      title: trusts ? "trusted the system's certificate authorities" : "a certificate is not trusted",
      because: says,
      actions: [trusts ? trustSystem(failure) : ask(says)],
      again: failure.phase,
    };
  },
  examples: [
    {
      name: "a server with a certificate that it signed itself",
      failure: {},
      real: {
        files: {
          "app.js": `const fs = require("node:fs"), tls = require("node:tls");
const server = tls.createServer({ key: fs.readFileSync("key.pem"), cert: fs.readFileSync("cert.pem") }, (socket) => socket.end());
server.listen(0, () => {
  const socket = tls.connect({ port: server.address().port, servername: "localhost" }, () => (socket.end(), server.close()));
  socket.on("error", (error) => { throw error; });
});`,
        },
        command: `test -f cert.pem || openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
node app.js`,
        needs: ["openssl"],
        cured: { env: { NODE_EXTRA_CA_CERTS: "cert.pem" } },
      },
      repairs: [{ do: "ask" }],
    },
    {
      name: "npm behind a company's proxy",
      failure: {
        phase: "install",
        output: "npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error self-signed certificate in certificate chain",
      },
      repairs: [{ do: "set-env", name: SYSTEM, value: "1" }],
    },
    {
      name: "the system does not know it either",
      failure: { env: [SYSTEM], output: "Error: unable to get local issuer certificate" },
      repairs: [{ do: "ask" }],
    },
    {
      name: "counter: another failure of TLS",
      failure: { output: "Error: write EPROTO ssl3_get_record:wrong version number" },
      repairs: undefined,
    },
  ],
});

/** Known to Node 22.19 and 24.6 and later; older ones ignore it. */
function trustSystem({ service }: Failure): Action {
  return { do: "set-env", name: SYSTEM, value: "1", ...(service === undefined ? {} : { service }) };
}

function ask(says: string): Action {
  return {
    do: "ask",
    question: `A server's certificate is not trusted (${says}). Which authority signed it?`,
    next: "NODE_EXTRA_CA_CERTS=<its certificate, PEM> lodestar up (Python: SSL_CERT_FILE)",
  };
}
