/** How programs say that a name has no address: Node, curl and git, Go, Python and the C library. */
const NO_ADDRESS = [
  /getaddrinfo (?:EAI_AGAIN|ENOTFOUND) ([\w.-]+)/g,
  /[Cc]ould not resolve host(?:name)?:? '?([\w.-]+)/g,
  /lookup ([\w.-]+)(?: on \S+)?: (?:no such host|Temporary failure in name resolution)/g,
  /host='([\w.-]+)'.*(?:Temporary failure in name resolution|Name or service not known)/g,
];
/** Names that exist nowhere, on purpose (RFC 2606, RFC 6761, RFC 6762), and this machine's own. */
const NOWHERE = /(?:^|\.)(?:test|example|invalid|localhost|local|internal|example\.(?:com|net|org))$/;

/** The first outside host that `output` says could not be found: what asks for it cannot work without the internet. */
export function unreached(output: string): string | undefined {
  for (const pattern of NO_ADDRESS)
    for (const [, host = ""] of output.matchAll(pattern))
      if (/\.[a-z]{2,}$/i.test(host) && !NOWHERE.test(host)) return host;
  return undefined;
}
