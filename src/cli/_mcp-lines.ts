/** Stands for a line of more bytes than are taken. */
export const TOO_LONG = Symbol("a line that is too long");

const NEWLINE = 10;

/** The lines of a stream, without their ends; of one that has more than `most` bytes nothing is kept. */
export async function* linesOf(source: AsyncIterable<unknown>, most: number): AsyncIterable<string | typeof TOO_LONG> {
  let kept: Buffer[] = [];
  let size = 0;
  const line = () => {
    const whole = size > most ? TOO_LONG : Buffer.concat(kept).toString("utf8");
    kept = [];
    size = 0;
    return whole;
  };
  const keep = (part: Buffer) => {
    size += part.length;
    if (size > most) kept = [];
    else kept.push(part);
  };
  for await (const chunk of source) {
    let rest = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      keep(rest.subarray(0, end));
      yield line();
      rest = rest.subarray(end + 1);
    }
    keep(rest);
  }
  if (size > 0) yield line();
}

/** The data of each message of a text/event-stream. */
export async function* messagesOf(body: ReadableStream<Uint8Array> | null): AsyncIterable<string> {
  if (!body) return;
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const data = rest
        .slice(0, end)
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart());
      rest = rest.slice(end + 2);
      if (data.length > 0) yield data.join("\n");
    }
  }
}
