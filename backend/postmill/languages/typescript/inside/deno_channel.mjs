// Messages to and from the worker over descriptor 3, as in channel.mjs. Deno opens no descriptor that it inherits, so that
// the C library is asked. Blocking: while the process waits it has nothing else to do.
const DESCRIPTOR = 3;
const HEAD = 5;
const { symbols: library } = Deno.dlopen("libc.so.6", {
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
});
const decoder = new TextDecoder();
const encoder = new TextEncoder();
let buffer = new Uint8Array(0);

/** Sends one message; `content` is text or bytes. */
export function send(kind, content = "") {
  const body = typeof content === "string" ? encoder.encode(content) : content;
  let rest = new Uint8Array(HEAD + body.length);
  rest[0] = kind.charCodeAt(0);
  new DataView(rest.buffer).setUint32(1, body.length);
  rest.set(body, HEAD);
  while (rest.length > 0) {
    const sent = Number(library.write(DESCRIPTOR, rest, rest.length));
    if (sent < 0) throw new Error("the worker takes no messages");
    rest = rest.subarray(sent);
  }
}

/** The texts of messages by their letter, up to the letter `last`; null when the worker is gone. */
export function receiveUntil(last) {
  const received = {};
  for (;;) {
    if (!fill(HEAD)) return null;
    const kind = String.fromCharCode(buffer[0]);
    const size = new DataView(buffer.buffer, buffer.byteOffset).getUint32(1);
    if (!fill(HEAD + size)) return null;
    received[kind] = decoder.decode(buffer.subarray(HEAD, HEAD + size));
    buffer = buffer.subarray(HEAD + size);
    if (kind === last) return received;
  }
}

function fill(size) {
  while (buffer.length < size) {
    const chunk = new Uint8Array(Math.max(65536, size - buffer.length));
    const count = Number(library.read(DESCRIPTOR, chunk, chunk.length));
    if (count <= 0) return false;
    const longer = new Uint8Array(buffer.length + count);
    longer.set(buffer);
    longer.set(chunk.subarray(0, count), buffer.length);
    buffer = longer;
  }
  return true;
}
