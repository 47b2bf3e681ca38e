/** One line per event, on stdout. */
export function log(message) {
  process.stdout.write(`${new Date().toISOString()} ${message}\n`);
}
