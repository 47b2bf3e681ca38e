/** A line that says what went wrong, in the words that tools use. */
const TROUBLE =
  /error|exception|fatal|fail|cannot|can't|could not|unable|missing|not found|no such|does not exist|denied|refused|already|unknown|invalid|required|unsupported|panic|out of|not set|undefined/i;
/** Stack frames say where, not what; they change with every edit. */
const FRAME = /^\s*(at\s.+|File ".+", line .+|from .+:in .+|goroutine \d+.*|\^+|~+\^*|-{3,}|={3,})$/;
const LINES = 20;
const WIDTH = 1000;

/**
 * A short stable name of a failure's output: the same failure gets the same one at another time, under another path, port
 * or pid. Names in it (a variable, a module, a table) stay, so that two causes stay two. 16 hex digits.
 */
export function fingerprint(text: string): string {
  return hash(troubleLines(text).join("\n"));
}

/** One line without what differs between two runs: colours, paths (their last name stays), times, addresses and numbers. */
function normalizeLine(line: string): string {
  return line
    .replace(ANSI, "")
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?/g, "<time>")
    .replace(/\b\d{1,2}:\d\d:\d\d([.,]\d+)?\b/g, "<time>")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>")
    .replace(/(file:\/\/)?(\/|\b[A-Za-z]:[\\/])[\w.@+~-]+([\\/][\w.@+~ -]*[\w.@+~-])+/g, lastName)
    .replace(/\b0x[0-9a-f]+\b/gi, "<hex>")
    .replace(/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b/gi, "<hex>")
    .replace(/\b\d+(\.\d+)*(ms|s|m|kb|mb|gb|kib|mib|gib|%)?(?![\w])/gi, "<n>")
    .replace(/\s+/g, " ")
    .trim();
}

const ESCAPE = String.fromCharCode(27);
const ANSI = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]|${ESCAPE}\\][^\\u0007]*\\u0007`, "g");

/** Sorted and unique, because logs of parallel work come in any order and retries repeat themselves. */
function troubleLines(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.slice(0, WIDTH))
    .filter((line) => !FRAME.test(line))
    .map(normalizeLine)
    .filter((line) => line !== "");
  const telling = lines.filter((line) => TROUBLE.test(line));
  const chosen = [...new Set(telling.length > 0 ? telling : lines.slice(-LINES))];
  return chosen.slice(-LINES).sort();
}

function lastName(path: string): string {
  return `<path>/${path.split(/[\\/]/).at(-1) ?? ""}`;
}

/** FNV-1a with 64 bits (http://www.isthe.com/chongo/tech/comp/fnv): not cryptographic, but pure, and enough for one repo. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16).padStart(16, "0");
}
