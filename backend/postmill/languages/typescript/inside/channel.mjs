// Messages to and from the worker over descriptor 3: one letter, four bytes of length, then the content.
// Blocking: while a runner waits it has nothing else to do.
import { Buffer } from "node:buffer";
import fs from "node:fs";

const DESCRIPTOR = 3;
const TICKETS = 4;
const HEAD = 5;
let buffer = Buffer.alloc(0);
let ticket = null;

/** Sends one message; `content` is text or bytes. */
export function send(kind, content = "") {
  const body = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const message = Buffer.allocUnsafe(HEAD + body.length);
  message.write(kind, 0, 1, "latin1");
  message.writeUInt32BE(body.length, 1);
  body.copy(message, HEAD);
  for (let sent = 0; sent < message.length; ) sent += fs.writeSync(DESCRIPTOR, message, sent);
}

/** Messages by their letter, up to the letter `last`; null when the worker is gone. */
export function receiveUntil(last) {
  const received = {};
  for (;;) {
    const message = receive();
    if (message === null) return null;
    received[message.kind] = message.content;
    if (message.kind === last) return received;
  }
}

function receive() {
  if (!fill(HEAD)) return null;
  const kind = String.fromCharCode(buffer[0]);
  const size = buffer.readUInt32BE(1);
  if (!fill(HEAD + size)) return null;
  const content = buffer.subarray(HEAD, HEAD + size);
  buffer = buffer.subarray(HEAD + size);
  return { kind, content };
}

function fill(size) {
  while (buffer.length < size) {
    const chunk = Buffer.allocUnsafe(Math.max(65536, size - buffer.length));
    const count = fs.readSync(DESCRIPTOR, chunk, 0, chunk.length, null);
    if (count === 0) return false;
    buffer = buffer.length === 0 ? chunk.subarray(0, count) : Buffer.concat([buffer, chunk.subarray(0, count)]);
  }
  return true;
}

/** Takes the ticket of the run with this number (four bytes); false where the run was taken back by the worker. */
export function admitted(number) {
  if (ticket === null) {
    const next = Buffer.allocUnsafe(4);
    try {
      if (fs.readSync(TICKETS, next, 0, 4, null) === 4) ticket = next;
    } catch {
      return false; // none is there
    }
  }
  if (ticket === null || !ticket.equals(number)) return false; // it is that of a later run
  ticket = null;
  return true;
}

/** Says in the output which run has ended here, and how long it took in microseconds. */
export function mark(number, microseconds) {
  const taken = Math.min(Math.round(microseconds), 0xffffffff).toString(16).padStart(8, "0");
  fs.writeSync(1, `\0\u0001postmill:${number.toString("hex")}:${taken}\n`);
}
