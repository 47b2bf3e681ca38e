import { isAbsolute } from "node:path";

/** How text and time are written here. */
const LOCALE = /^(LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;
/** Where the machine's own certificates are: without them nothing can be installed behind a company's proxy. */
const CERTIFICATES = [
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE",
  "PIP_CERT",
  "GIT_SSL_CAINFO",
  "CARGO_HTTP_CAINFO",
];

/**
 * The part of the daemon's environment that every command gets: locale, time zone and where certificates are, never a
 * credential or a setting. `files` are the absolute paths that it names.
 */
export function machineEnv(from: NodeJS.ProcessEnv = process.env): { env: Record<string, string>; files: string[] } {
  const env: Record<string, string> = {};
  const files: string[] = [];
  for (const [name, value] of Object.entries(from)) {
    const isCertificate = CERTIFICATES.includes(name);
    if (!value || (!isCertificate && !LOCALE.test(name))) continue;
    env[name] = value;
    if (isCertificate && isAbsolute(value)) files.push(value);
  }
  return { env, files };
}
